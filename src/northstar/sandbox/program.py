"""The values of the sandbox's interface: programs, limits and outcomes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

Status = Literal["ok", "error", "crash", "time limit", "memory limit", "output limit"]
"""error: an exception or a nonzero exit status. crash: killed by a signal that the sandbox did not send."""


@dataclass(frozen=True, kw_only=True)
class Setup:
    """What the interpreter loads before the first program.

    Attributes:
        modules: Modules to import; missing ones are skipped.
        prelude: Statements whose names every program finds defined.
        sessions: It starts interpreters that keep their state (interpreters.py), not programs.
    """

    modules: tuple[str, ...] = ()
    prelude: str = ""
    sessions: bool = False


@dataclass(frozen=True, kw_only=True)
class Program:
    """Python code to run.

    Attributes:
        code: The source.
        call: None runs it as a script, anew for each test, with the test's input as stdin. A name runs it once, then
            calls that function (or method of its class Solution) with the input's lines, each a JSON value.
    """

    code: str
    call: str | None = None
    setup: Setup = Setup()


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Limits of a program. Times, output and files start anew with each test.

    Attributes:
        memory_bytes: Memory of all its processes together.
        processes: 1 allows only the program itself, with threads.
        file_bytes: Size of one file, and of all files together where the tier can count them.
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

    Attributes:
        output: The program's stdout, or a called function's result as JSON.
        error: One line about what went wrong; empty if nothing did.
        memory: Peak memory of the program's process so far, in bytes.
        lost: The program, or its fork server, was killed from outside on every try, which proves nothing about the
            program.
    """

    status: Status
    output: bytes = b""
    error: str = ""
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    memory: int = 0
    lost: bool = False


Passes = Callable[[int, Outcome], Awaitable[bool]]
"""Decides whether test number n, from 0, passed, so that the next one runs."""


class Runner(Protocol):
    """Runs untrusted programs; implemented by sandbox.Sandbox.

    `lacks` are packages that programs should be able to import but cannot; failing for their lack proves nothing.
    """

    lacks: Sequence[str]

    async def run(self, program: Program, stdin: bytes = b"", limits: Limits = ...) -> Outcome:
        """Run the program once."""

    async def run_tests(
        self, program: Program, inputs: Iterable[bytes], limits: Limits = ..., passes: Passes = ...
    ) -> list[Outcome]:
        """Run the program on one input after the other, until a test fails or does not pass."""
