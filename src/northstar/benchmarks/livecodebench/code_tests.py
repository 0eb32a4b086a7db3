"""Grades a program by running it on the row's tests."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from northstar.benchmarks.livecodebench.compare_output import same_output, same_value
from northstar.benchmarks.livecodebench.likeness import program_likeness
from northstar.core.errors import NorthstarError, UsageError
from northstar.core.parsing import Malformed, parsed
from northstar.core.records import Generation, Grade, Row
from northstar.graders.extract_code import code_of
from northstar.sandbox.program import Limits, Outcome, Program, Setup
from northstar.task.grader import ComputeError, SolverContext

_FIRST = ("string", "re", "datetime", "collections", "heapq", "bisect", "copy", "math", "random", "statistics")
_DEFINED = (*_FIRST, "itertools", "functools", "operator", "io", "sys", "json")
_LOADED = ("array", "cmath", "contextlib", "dataclasses", "decimal", "enum", "fractions", "numbers", "queue", "struct")
SETUP = Setup(
    modules=(*_DEFINED, *_LOADED, "textwrap", "threading", "time", "traceback", "types"),
    prelude="\n".join(
        [
            *(f"from {name} import *" for name in (*_DEFINED, "builtins", "typing")),
            f"import {', '.join(_DEFINED)}",
            "sys.setrecursionlimit(50_000)",
            "sys.set_int_max_str_digits(50_000)",
        ]
    ),
)
"""Names and limits that LiveCodeBench's official grader defines for every program, and commonly imported modules."""

LARGEST_OUTPUT = 64 << 20
QUICKLY_COMPARED = 1 << 17
"""Characters of the longest output compared in this process; longer ones go to another, so that nothing waits."""
COMPARE_SECONDS = 60.0

_STATUS = {"error": "runtime error", "crash": "runtime error"}


class _Test(msgspec.Struct):
    input: str
    output: str


_read_test = msgspec.json.Decoder(_Test).decode


@dataclass(frozen=True)
class CodeTests:
    """Scores `accuracy`: whether the generation's program passes all tests of the row.

    Args:
        timeout_seconds: CPU time per test; wall-clock time may be about twice as much.
        memory_gigabytes: Memory of the program.
    """

    timeout_seconds: float = 6.0
    memory_gigabytes: float = 4.0

    def __post_init__(self) -> None:
        for name, value in dataclasses.asdict(self).items():
            if not value > 0:
                raise UsageError(f"++eval_config.{name}={value} must be more than 0.")

    version = 1

    @property
    def extraction(self) -> str:
        return "the last fenced block that looks like the program"

    def identity(self) -> dict[str, Any]:
        return {"name": "code_tests", **dataclasses.asdict(self)}

    async def __call__(self, row: Row, generation: Generation, solver_context: SolverContext) -> Grade:
        code = code_of(generation, program_likeness(row["function"]))
        if code is None:
            return _grade(None, "no code")
        tests = _Tests(solver_context, row)
        program = Program(code=code, call=row["function"], setup=SETUP)
        limits = Limits(
            cpu_seconds=self.timeout_seconds,
            wall_seconds=2 * self.timeout_seconds + 3,
            memory_bytes=int(self.memory_gigabytes * 2**30),
            output_bytes=LARGEST_OUTPUT,
        )
        assert solver_context.sandbox is not None
        outcomes = await solver_context.sandbox.run_tests(program, tests.inputs(), limits, tests.passes)
        if not outcomes:
            raise NorthstarError(f"row {row['id']} has no tests to pass; prepare its benchmark again.")
        try:
            solver_context.check_kept(outcomes[-1])
        except ComputeError as error:
            return {**tests.grade(code, outcomes), "grading_error": str(error)}
        return {**tests.grade(code, outcomes), **_missing(outcomes[-1], solver_context.sandbox.lacks)}


class _Tests:
    """The tests of a row, one at a time. Only this process knows their outputs, never the program."""

    def __init__(self, solver_context: SolverContext, row: Row) -> None:
        self._solver_context = solver_context
        self._row = row
        self._expected = ""
        self._passed = True
        self._error = ""
        """Why the last output could not be compared."""

    def inputs(self) -> Iterator[bytes]:
        assert self._solver_context.attachments is not None
        for line in self._solver_context.attachments.lines(self._row["tests"]):
            test = self._test(line)
            self._expected = test.output
            yield test.input.encode("utf-8", "surrogateescape")

    def _test(self, line: bytes) -> _Test:
        try:
            return parsed(line, _read_test)
        except Malformed as error:
            raise NorthstarError(
                f"the tests of row {self._row['id']!r} in {self._row['tests']['file']} cannot be read ({error}). "
                "Prepare the benchmark again with --force."
            ) from None

    async def passes(self, number: int, outcome: Outcome) -> bool:
        del number
        function = "same_output" if self._row["function"] is None else "same_value"
        output = outcome.output.decode("utf-8", "replace")
        if len(output) < QUICKLY_COMPARED:
            self._passed = (same_output if function == "same_output" else same_value)(output, self._expected)
        else:
            name = f"northstar.benchmarks.livecodebench.compare_output:{function}"
            try:
                self._passed = await self._solver_context.compute.call(
                    name, output, self._expected, timeout=COMPARE_SECONDS
                )
            except ComputeError as error:
                self._passed, self._error = False, str(error)
        return self._passed

    def grade(self, code: str, outcomes: list[Outcome]) -> Grade:
        """Return the grade for the tests run so far, of which the last may have failed."""
        last = outcomes[-1]
        if last.status != "ok":
            return _grade(code, _STATUS.get(last.status, last.status), len(outcomes), last.error)
        if self._error:
            reason = f"its output could not be compared: {self._error}"
            return {**_grade(code, "wrong answer", len(outcomes), reason), "grading_error": self._error}
        return _grade(code, "passed") if self._passed else _grade(code, "wrong answer", len(outcomes))


def _missing(last: Outcome, lacks: Sequence[str]) -> dict[str, str]:
    """Mark the verdict as a grading error if the program failed to import a package that it should have had."""
    if last.status != "error" or not last.error.startswith(("ModuleNotFoundError:", "ImportError:")):
        return {}
    missing = [name for name in lacks if re.search(rf"\b{name}\b", last.error)]
    return {"grading_error": f"the environment for programs lacks {missing[0]}"} if missing else {}


def _grade(code: str | None, status: str, failed: int | None = None, error: str = "") -> Grade:
    """Return the grade; `failed` is the number of the first test that failed, from 1."""
    passed = status == "passed"
    grade: dict[str, Any] = {"completion": code, "graded_list": [passed], "accuracy": passed, "status": status}
    if failed is not None:
        grade["first_failed_test"] = failed
    return grade | ({"test_error": error} if error else {})
