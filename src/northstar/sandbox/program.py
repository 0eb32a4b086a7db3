"""What is run, within which limits, and what came of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

Status = Literal["ok", "error", "crash", "time limit", "memory limit", "output limit"]
"""error: an exception or an exit status; crash: killed by a signal that the sandbox did not send."""


@dataclass(frozen=True, kw_only=True)
class Setup:
    """What the interpreter has loaded before the first program comes.

    modules: imported once; those that are not installed are passed over. prelude: statements whose names every program
    finds defined.
    """

    modules: tuple[str, ...] = ()
    prelude: str = ""


@dataclass(frozen=True, kw_only=True)
class Program:
    """Python code. call: None runs it as a script, anew for each test, with the test's input as stdin; a name runs it
    once, then calls that function, or method of its class Solution, with the input's lines, a JSON value each.
    """

    code: str
    call: str | None = None
    setup: Setup = Setup()


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Times, output and files count for each test anew. processes: 1 is the program alone, which may have threads.

    memory_bytes: of all its processes together. file_bytes: of a file, and where the tier can count them of all files.
    """

    cpu_seconds: float = 6.0
    wall_seconds: float = 15.0
    memory_bytes: int = 4 << 30
    processes: int = 1
    file_bytes: int = 64 << 20
    output_bytes: int = 16 << 20


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How one test of a program ended.

    output: what it wrote to stdout; of a called function its result as JSON. error: one line that says what went wrong,
    empty where nothing did. memory: the peak of the program's process so far, in bytes. lost: it was killed from
    outside, or what it ran in was, each time that it was run: that says nothing of the program.
    """

    status: Status
    output: bytes = b""
    error: str = ""
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    memory: int = 0
    lost: bool = False


Passes = Callable[[int, Outcome], Awaitable[bool]]
"""Whether the test of that number, from 0, ended as it should: then the next is run."""


class Runner(Protocol):
    """Runs programs that nobody trusts; sandbox.py has the one there is.

    lacks: packages that a program should be able to import and can't: one that fails by that is not to blame.
    """

    lacks: Sequence[str]

    async def run(self, program: Program, stdin: bytes = b"", limits: Limits = ...) -> Outcome:
        """Run the program once."""

    async def run_tests(
        self, program: Program, inputs: Iterable[bytes], limits: Limits = ..., passes: Passes = ...
    ) -> list[Outcome]:
        """Run the program on one input after the other, until one does not end well or does not pass."""
