"""The contract of a grader: an async function from a row and a generation to named scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from northstar.core.benchmark_name import parsed_name
from northstar.core.errors import UsageError
from northstar.core.records import Generation, Grade, Row
from northstar.data.attachments import Attachments
from northstar.sandbox.interpreters import Interpreters
from northstar.sandbox.program import Outcome, Runner


class Compute(Protocol):
    """Runs a pure function in another process, killed and replaced when a call exceeds `timeout` seconds."""

    async def call(self, function: str, *arguments: Any, timeout: float) -> Any:
        """Call `module:function` with JSON arguments. Raises ComputeError (timed out, failed) or ComputeLost."""


class ComputeError(Exception):
    """The function gave no result and would not on a retry; the message says why ('timed out after 10 s')."""


class ComputeLost(Exception):
    """Every try lost the process that worked on an answer: it was killed, or the machine had no room for it.

    This proves nothing about the answer. Graders let the exception through, so that the answer stays ungraded until the
    next run grades it; solvers do too, and their sample stays open.
    """


@dataclass(frozen=True, slots=True)
class SolverContext:
    """What graders, and solvers of conversations, may use; graders do no input or output of their own.

    Attributes:
        compute: Runs Northstar's own functions in other processes.
        helpers: By benchmark name, functions in an environment of their own; see Benchmark.helper.
        sandbox: Runs programs; set if the benchmark runs any.
        attachments: The attachments of rows.
        lost: What to raise when grading was lost: ComputeLost, or ComputeError if it is to be recorded
            (++unanswered=record_error).
        interpreters: Runs the calls of models that are offered Python; set if any is.
        helper: Of `helpers`, the functions of the benchmark at hand, whatever it is called.
    """

    compute: Compute
    helpers: Mapping[str, Compute] = field(default_factory=dict)
    sandbox: Runner | None = None
    attachments: Attachments | None = None
    lost: type[ComputeError | ComputeLost] = ComputeLost
    helper: Compute | None = None
    interpreters: Interpreters | None = None

    def of(self, benchmark: str) -> SolverContext:
        """Return the context for a benchmark, or a part or split of one, by its name."""
        named = parsed_name(benchmark)
        helper = self.helpers.get(benchmark if named is None else named.benchmark)
        return self if helper is None else replace(self, helper=helper)

    def check_kept(self, outcome: Outcome) -> None:
        """Raise `lost` if the sandbox lost the program, which proves nothing about it."""
        if outcome.lost:
            raise self.lost(f"the program was lost: {outcome.error}")


class Grader(Protocol):
    """Grades one generation; never raises for what a model wrote, never exceeds its time limit.

    A grader may say in `extraction`, a phrase, what of a text it takes for the answer; the dry run shows it.

    Attributes:
        version: A number, from 1, that grows whenever the verdict on any generation may change. Results that another
            version graded are known by it, and `ns regrade` grades them anew.
    """

    @property
    def version(self) -> int: ...

    async def __call__(self, row: Row, generation: Generation, solver_context: SolverContext) -> Grade: ...

    def identity(self) -> dict[str, Any]:
        """Return the settings that change verdicts, as plain JSON, for run.json and the check on resume."""


def check_timeout(seconds: float) -> None:
    """Check ++eval_config.timeout_seconds of a grader. Raises UsageError."""
    if not seconds > 0:
        raise UsageError(f"++eval_config.timeout_seconds={seconds} must be more than 0.")


def extraction_of(grader: Grader) -> str:
    """Return what the grader takes for the answer; '' if it does not say."""
    return str(getattr(grader, "extraction", ""))


UNKNOWN_VERSION = 0
"""The version of results that an earlier Northstar graded, and of graders that give none."""


def described_grader(grader: Grader) -> dict[str, Any]:
    """Return a grader's identity with its version, for run.json and the check on resume."""
    version = getattr(grader, "version", UNKNOWN_VERSION)  # a user's own grader may lack it
    return grader.identity() | ({"version": version} if version != UNKNOWN_VERSION else {})
