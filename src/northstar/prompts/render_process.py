"""The process that renders templates Northstar doesn't ship: python -m northstar.prompts.render_process LIMITS.

Requests and answers are lines of JSON over the socket that is its stdin. LIMITS are the renderer's limits per request:
CPU time (the kernel kills the process, even within one long operation), memory, and characters of output.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import jinja2
import yaml

from northstar.core.text import printable, storable
from northstar.prompts.environments import Kind, compiled, fields_of
from northstar.prompts.renderer import Limits

TOO_DEEP = "it is nested too deeply"


def main() -> None:
    """Answer requests until the parent closes the socket."""
    limits = Limits(**json.loads(sys.argv[1]))
    _limit_memory(limits.memory_mib << 20)
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(0), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1):
        os.dup2(nowhere, standard)
    _send(answers, {"value": "ready"})
    os.dup2(nowhere, 2)
    templates = _Templates(limits.characters)
    for line in requests:
        signal.setitimer(signal.ITIMER_PROF, limits.cpu_seconds)  # SIGPROF kills the process when time is up
        try:
            function, *arguments = json.loads(line)
            answer = {"value": getattr(templates, function)(*arguments)}
        except MemoryError:
            answer = {"over": f"it needs more than {limits.memory_mib} MiB of memory"}
        except RecursionError:
            answer = {"error": TOO_DEEP}
        except _TooLong:
            answer = {"over": f"it makes a text of more than {limits.characters:,} characters"}
        except jinja2.TemplateSyntaxError as error:
            answer = {"error": f"{_short(error.message)} (line {error.lineno})"}
        except Exception as error:  # a template can raise anything: {{ problem + 1 }} is a TypeError
            answer = {"error": _short(error)}
        _send(answers, answer)
        signal.setitimer(signal.ITIMER_PROF, 0)


class _TooLong(Exception):
    pass


class _Templates:
    """The compiled templates by number, and the functions that requests can name."""

    def __init__(self, most_characters: int) -> None:
        self._most_characters = most_characters
        self._compiled: list[jinja2.Template] = []

    def compile(self, kind: Kind, source: str) -> dict[str, Any]:
        """Compile a template; return its number in this process and the names that it looks up."""
        self._compiled.append(compiled(kind, source))
        return {"number": len(self._compiled) - 1, "fields": fields_of(kind, source)}

    def render(self, number: int, values: dict[str, Any]) -> str:
        parts: list[str] = []
        length = 0
        for part in self._compiled[number].generate(values):
            length += len(part)
            if length > self._most_characters:
                raise _TooLong
            parts.append(part)
        return "".join(parts)

    def read_yaml(self, content: str) -> dict[str, Any]:
        """Return a prompt file's values by key, each with its line: texts, groups of texts, and 0 for any other."""
        loader = yaml.SafeLoader(content.encode("latin-1"))
        try:
            node = loader.get_single_node()
            file = None if node is None else loader.construct_document(node)
        finally:
            loader.dispose()
        if not isinstance(node, yaml.MappingNode) or not isinstance(file, dict):
            return {}
        lines = {key.value: key.start_mark.line + 1 for key, _ in node.value if isinstance(key, yaml.ScalarNode)}
        return {_short(key): (_texts(value), lines.get(str(key), 1)) for key, value in file.items()}


def _texts(value: object) -> object:
    if isinstance(value, dict):
        return {_short(key): each if isinstance(each, str | None) else 0 for key, each in value.items()}
    return value if isinstance(value, str | None) else 0


def _short(value: object) -> str:
    """Shorten a value to one printable line for a message."""
    return storable(printable(" ".join(str(value)[:2000].split())[:300]))


def _send(answers: Any, answer: dict[str, Any]) -> None:
    answers.write(json.dumps(answer).encode() + b"\n")
    answers.flush()


def _limit_memory(added: int) -> None:
    """Limit how much the address space can grow from here; disable core dumps."""
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        allowed = resource.getrlimit(resource.RLIMIT_AS)[1]
        most = used + added if allowed == resource.RLIM_INFINITY else min(used + added, allowed)
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


if __name__ == "__main__":
    main()
