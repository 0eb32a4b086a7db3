"""The shape of a grader: an async function from a row and a generation to named scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from northstar.core.records import Generation, Grade, Row
from northstar.data.attachments import Attachments
from northstar.sandbox.program import Outcome, Runner


class Compute(Protocol):
    """Runs a pure function in another process, which is killed and replaced when it exceeds `timeout` seconds."""

    async def call(self, function: str, *arguments: Any, timeout: float) -> Any:
        """Call `module:function` with JSON-able arguments. Raises ComputeError (timed out, raised), and ComputeLost."""


class ComputeError(Exception):
    """The function gave no result, and would give none again; the message says why ('timed out after 10 s')."""


class ComputeLost(Exception):
    """What worked on an answer was lost, each time that it was tried: killed, or the machine had no room for it.

    That says nothing of the answer. Graders let it pass: the answer stays ungraded, and the next run grades it. So do
    solvers, whose sample stays open.
    """


@dataclass(frozen=True, slots=True)
class SolverContext:
    """What graders, and solvers of conversations, may use. Graders do no input or output of their own.

    helpers: by a benchmark's name, functions that run in an environment of its own; see Benchmark.helper. sandbox:
    there for benchmarks that say that they run programs. attachments: of the rows. lost: what is raised where a
    grading was lost; ComputeError where that is to be recorded (++unanswered=record_error).
    """

    compute: Compute
    helpers: Mapping[str, Compute] = field(default_factory=dict)
    sandbox: Runner | None = None
    attachments: Attachments | None = None
    lost: type[ComputeError | ComputeLost] = ComputeLost

    def check_kept(self, outcome: Outcome) -> None:
        """Raise `lost` where the sandbox lost a program, which says nothing of it."""
        if outcome.lost:
            raise self.lost(f"the program was lost: {outcome.error}")


class Grader(Protocol):
    """Grades one generation. Never raises for what a model wrote; never takes longer than it says."""

    async def __call__(self, row: Row, generation: Generation, solver_context: SolverContext) -> Grade: ...

    def identity(self) -> dict[str, Any]:
        """The settings that change verdicts, as plain JSON, for run.json and the check on resume."""
