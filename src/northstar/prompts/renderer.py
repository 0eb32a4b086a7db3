"""Renders templates that Northstar doesn't ship, in a separate process that can be killed.

A template is a program that comes with a model or a prompt file from anywhere: one line of it can compute for years or
take all memory, perhaps for a single row. So each rendering has limits, which the process sets on itself and this side
watches. There is one such process; it starts with the first template and keeps what it has compiled.
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
    """Limits of one rendering; `characters` of output: a context of a million tokens takes about half of them."""

    cpu_seconds: float = 2.0
    memory_mib: int = 512
    characters: int = 8 * 2**20


LIMITS = Limits()
MOST_BYTES = 2**20
"""Largest template file. The longest known chat templates are below 100 KiB."""
START_SECONDS = 120.0
"""Time for the process to start: imports from a busy network disk are slow."""
WAIT_SECONDS = 60.0
"""Wall-clock time for an answer, in case the system gives the process no CPU time to use up."""


class TemplateFails(Exception):
    """The template does not compile, or does not accept these values; the message says briefly why."""


class TemplateOverLimit(Exception):
    """Rendering reached a limit; the message says which, as in 'it needs more than 512 MiB of memory'."""


class TemplateLost(TemplateOverLimit):
    """The rendering process died twice without reaching a limit."""


@dataclass(frozen=True)
class ForeignTemplate:
    """A template that is rendered in the other process; `fields` are the names that it looks up."""

    kind: Kind
    source: str
    fields: tuple[str, ...] = field(compare=False)

    def render(self, values: Mapping[str, Any]) -> str:
        """Render these values, which must be plain JSON. Raises TemplateFails, TemplateOverLimit.

        It blocks; in an event loop, call it through `in_thread`.
        """
        named = {name: values[name] for name in self.fields if name in values}
        try:
            text: str = _renderer().ask("render", named, template=(self.kind, self.source))
        except (TypeError, ValueError, RecursionError) as error:
            raise TemplateFails(f"the values are not plain JSON: {error}") from None
        return text


def foreign_template(kind: Kind, source: str) -> ForeignTemplate:
    """Compile a template in the other process. Raises TemplateFails, TemplateOverLimit."""
    if len(source) > MOST_BYTES:
        raise TemplateOverLimit(f"it is longer than {MOST_BYTES >> 20} MiB")
    return ForeignTemplate(kind, source, tuple(_renderer().compiled(kind, source)["fields"]))


def read_yaml(content: bytes) -> dict[str, tuple[Any, int]]:
    """Return a YAML file's values by key, each with its line. Raises TemplateFails, TemplateOverLimit.

    A value is a text, None, a dict of texts, or 0 for anything else.
    """
    if len(content) > MOST_BYTES:
        raise TemplateOverLimit(f"it is longer than {MOST_BYTES >> 20} MiB")
    found: dict[str, list[Any]] = _renderer().ask("read_yaml", content.decode("latin-1"))
    return {key: (value, line) for key, (value, line) in found.items()}


async def in_thread(work: Callable[[], Result]) -> Result:
    """Run blocking rendering `work` in a thread, so that the event loop can go on."""
    return await asyncio.get_running_loop().run_in_executor(_thread(), work)


@cache
def _thread() -> ThreadPoolExecutor:
    """Renderings get one thread of their own: they wait for each other and would block the shared pool."""
    return ThreadPoolExecutor(1, "renderer")


@cache
def _renderer() -> _Renderer:
    renderer = _Renderer()
    atexit.register(renderer.end)
    return renderer


class _Renderer:
    """The rendering process, restarted after it was killed. Threads take turns."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._process: _Process | None = None

    def ask(self, function: str, *arguments: Any, template: tuple[Kind, str] | None = None, again: bool = True) -> Any:
        """Call a function of the process and return its result.

        Args:
            function: A method of render_process's _Templates.
            arguments: Its arguments, as JSON.
            template: A template to compile first; its number becomes the first argument.
            again: Whether to retry once if the process dies.
        """
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
        """Return the template's number in the current process, and the names that it looks up."""
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


_NOT_STARTED = "a process to render templates did not start"


class _Process:
    """One process, and the templates that it has compiled."""

    def __init__(self) -> None:
        """Start the process. Raises NorthstarError."""
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
            stderr = self.end().decode(errors="replace").strip().split("\n")[-1]
            raise NorthstarError(f"{_NOT_STARTED}: {stderr or 'it gave no reason'}.")
        self._socket.settimeout(WAIT_SECONDS)

    def ask(self, request: list[Any]) -> dict[str, Any]:
        """Send a request and return the answer. Raises TemplateOverLimit, or TypeError and the like for non-JSON."""
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
        """Return what killed the process: a limit, or the system, for example when memory runs out."""
        try:
            ended = self._process.wait(WAIT_SECONDS)
        except subprocess.TimeoutExpired:
            ended = 0
        if ended == -signal.SIGPROF:
            return TemplateOverLimit(f"it takes more than {LIMITS.cpu_seconds:g} s of CPU time")
        return TemplateLost("the process that renders it was killed twice, probably because memory ran out")

    def end(self) -> bytes:
        """Kill the process and return its stderr."""
        self._process.kill()
        self._answers.close()
        self._socket.close()
        stderr: bytes = self._process.communicate()[1]
        return stderr


def _launch(channel: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        # -P: import nothing from the current folder
        (sys.executable, "-P", "-m", "northstar.prompts.render_process", json.dumps(asdict(LIMITS))),
        stdin=channel,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=_environment(),
        start_new_session=True,  # Ctrl-C is for the parent
    )


def _environment() -> dict[str, str]:
    """Return what Python needs to start, and no API keys: the process runs other people's templates."""
    passed_on = ("PYTHON", "LC_", "LD_", "DYLD_", "VIRTUAL_ENV", "PATH", "LANG", "TZ")
    return {name: value for name, value in os.environ.items() if name.startswith(passed_on)}
