"""Renders templates that Northstar doesn't ship, in a process of its own that can be killed.

A template is a program, and it comes with a model or a prompt file from anywhere: one line of it can compute for years
or take all memory, for one row of thousands. So each rendering has limits, which the process puts upon itself and this
side watches. There is one process, started when the first such template is read; it keeps what it has compiled.
"""

from __future__ import annotations

import asyncio
import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from northstar.core.errors import NorthstarError

if TYPE_CHECKING:
    from northstar.prompts.environments import Kind


Result = TypeVar("Result")


@dataclass(frozen=True)
class Limits:
    """Of one rendering. characters: of the text; a context of a million tokens is half of these."""

    cpu_seconds: float = 2.0
    memory_mib: int = 512
    characters: int = 8 * 2**20


LIMITS = Limits()
MOST_BYTES = 2**20
"""Of a template's file. The longest chat templates are below 100 KiB."""
START_SECONDS = 120.0
"""From a busy network disk imports take long."""
WAIT_SECONDS = 60.0
"""For an answer, by the clock, where the system gives the process no CPU time to use up."""


class TemplateFails(Exception):
    """The template cannot be compiled, or does not take these values; the message says why in a few words."""


class TemplateOverLimit(Exception):
    """It was ended at one of the limits; the message says which, as in 'it needs more than 512 MiB of memory'."""


class TemplateLost(TemplateOverLimit):
    """Its process was ended by none of the limits, and so was the next one's."""


@dataclass(frozen=True)
class ForeignTemplate:
    """A template that is rendered in the other process. fields: the names that it looks up."""

    kind: Kind
    source: str
    fields: tuple[str, ...] = field(compare=False)

    def render(self, values: Mapping[str, Any]) -> str:
        """The text for these values, which are plain JSON. Raises TemplateFails, TemplateOverLimit.

        It waits: in an event loop, call it `in_thread`.
        """
        named = {name: values[name] for name in self.fields if name in values}
        try:
            text: str = _renderer().ask("render", named, template=(self.kind, self.source))
        except (TypeError, ValueError, RecursionError) as error:
            raise TemplateFails(f"the values are no plain JSON: {error}") from None
        return text


def foreign_template(kind: Kind, source: str) -> ForeignTemplate:
    """Raises TemplateFails for one that can't be compiled, TemplateOverLimit."""
    if len(source) > MOST_BYTES:
        raise TemplateOverLimit(f"it is longer than {MOST_BYTES >> 20} MiB")
    return ForeignTemplate(kind, source, tuple(_renderer().compiled(kind, source)["fields"]))


def read_yaml(content: bytes) -> dict[str, Any]:
    """A YAML file's texts by name; 0 stands for what is no text. Raises TemplateFails, TemplateOverLimit."""
    if len(content) > MOST_BYTES:
        raise TemplateOverLimit(f"it is longer than {MOST_BYTES >> 20} MiB")
    held: dict[str, Any] = _renderer().ask("read_yaml", content.decode("latin-1"))
    return held


async def in_thread(work: Callable[[], Result]) -> Result:
    """What renders, done in a thread: a template may take seconds, and the event loop has others to serve."""
    return await asyncio.get_running_loop().run_in_executor(_thread(), work)


@cache
def _thread() -> ThreadPoolExecutor:
    """One of its own, since renderings wait for each other: so they keep no other thread."""
    return ThreadPoolExecutor(1, "renderer")


@cache
def _renderer() -> _Renderer:
    renderer = _Renderer()
    atexit.register(renderer.end)
    return renderer


class _Renderer:
    """The process, started anew after it was killed. Threads wait for each other."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._process: _Process | None = None

    def ask(self, function: str, *arguments: Any, template: tuple[Kind, str] | None = None, again: bool = True) -> Any:
        """template: one to compile first, whose number is the first argument. again: where the process is lost."""
        with self._lock:
            number = () if template is None else (self.compiled(*template)["number"],)
            if self._process is None:
                self._process = _Process()
            try:
                answer = self._process.ask([function, *number, *arguments])
            except TemplateLost:
                self.end()
                if not again:
                    raise
                return self.ask(function, *arguments, template=template, again=False)
            except TemplateOverLimit:
                self.end()
                raise
            if "over" in answer:
                self.end()
                raise TemplateOverLimit(answer["over"])
        if "error" in answer:
            raise TemplateFails(answer["error"])
        return answer["value"]

    def compiled(self, kind: Kind, source: str) -> dict[str, Any]:
        """The template's number in the process that there is now, and the names that it looks up."""
        with self._lock:
            known = {} if self._process is None else self._process.templates
            if (kind, source) not in known:
                about = self.ask("compile", kind, source)
                assert self._process is not None
                self._process.templates[kind, source] = about
                return dict(about)
            return known[kind, source]

    def end(self) -> None:
        with self._lock:
            if self._process is not None:
                self._process.end()
            self._process = None


_NOT_STARTED = "a process to render templates in did not start"


class _Process:
    """One life of it. templates: those that it has compiled."""

    def __init__(self) -> None:
        """Raises NorthstarError where it does not start."""
        self.templates: dict[tuple[Kind, str], dict[str, Any]] = {}
        self._socket, other = socket.socketpair()
        with other:
            try:
                self._process = _launch(other.fileno())
            except OSError as error:
                self._socket.close()
                raise NorthstarError(f"{_NOT_STARTED}: {error.strerror}.") from None
        self._socket.settimeout(START_SECONDS)
        self._answers = self._socket.makefile("rb")
        try:
            started = self._answers.readline()
        except OSError:
            started = b""
        if not started:
            said = self.end().decode(errors="replace").strip().split("\n")[-1]
            raise NorthstarError(f"{_NOT_STARTED}: {said or 'it gave no reason'}.")
        self._socket.settimeout(WAIT_SECONDS)

    def ask(self, request: list[Any]) -> dict[str, Any]:
        """Raises TemplateOverLimit where it is killed, TypeError and the like for what is no JSON."""
        line = json.dumps(request).encode() + b"\n"
        try:
            self._socket.sendall(line)
            answered = self._answers.readline()
        except TimeoutError:
            raise TemplateOverLimit(f"it takes more than {WAIT_SECONDS:g} s") from None
        except OSError:
            answered = b""
        if not answered.endswith(b"\n"):
            raise self._why_dead()
        answer: dict[str, Any] = json.loads(answered)
        return answer

    def _why_dead(self) -> TemplateOverLimit:
        """What killed it: the limit, or somebody else, as a machine without memory does."""
        try:
            ended = self._process.wait(WAIT_SECONDS)
        except subprocess.TimeoutExpired:
            ended = 0
        if ended == -signal.SIGPROF:
            return TemplateOverLimit(f"it takes more than {LIMITS.cpu_seconds:g} s of CPU time")
        return TemplateLost("the process that it is rendered in was ended twice, likely for want of memory")

    def end(self) -> bytes:
        """Kill it: what it said on its stderr."""
        self._process.kill()
        self._answers.close()
        self._socket.close()
        said: bytes = self._process.communicate()[1]
        return said


def _launch(channel: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        # -P: nothing of the current folder
        (sys.executable, "-P", "-m", "northstar.prompts.render_process", json.dumps(asdict(LIMITS))),
        stdin=channel,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=_environment(),
        start_new_session=True,  # Ctrl-C is for the parent
    )


def _environment() -> dict[str, str]:
    """What Python needs to start; no API keys, since the process runs what somebody else wrote."""
    passed_on = ("PYTHON", "LC_", "LD_", "DYLD_", "VIRTUAL_ENV", "PATH", "LANG", "TZ")
    return {name: value for name, value in os.environ.items() if name.startswith(passed_on)}
