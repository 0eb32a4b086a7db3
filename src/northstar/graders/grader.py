"""The shape of a grader: an async function from a row and a generation to named scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from northstar.data.attachments import Attachments
from northstar.records import Generation, Grade, Row
from northstar.sandbox.program import Runner


class Compute(Protocol):
    """Runs a pure function in another process, which is killed and replaced when it exceeds `timeout` seconds."""

    async def call(self, function: str, *arguments: Any, timeout: float) -> Any:
        """Call `module:function` with JSON-able arguments. Raises ComputeError (timed out, died, raised)."""


class ComputeError(Exception):
    """The function gave no result; the message says why in a few words ('timed out after 10 s')."""


@dataclass(frozen=True, slots=True)
class Workbench:
    """What graders, and solvers of conversations, may use. Graders do no input or output of their own.

    helpers: by a benchmark's name, functions that run in an environment of its own; see Benchmark.helper. sandbox:
    there for benchmarks that say that they run programs. attachments: of the rows.
    """

    compute: Compute
    helpers: Mapping[str, Compute] = field(default_factory=dict)
    sandbox: Runner | None = None
    attachments: Attachments | None = None


class Grader(Protocol):
    """Grades one generation. Never raises for what a model wrote; never takes longer than it says."""

    async def __call__(self, row: Row, generation: Generation, workbench: Workbench) -> Grade: ...

    def identity(self) -> dict[str, Any]:
        """The settings that change verdicts, as plain JSON, for run.json and the check on resume."""
