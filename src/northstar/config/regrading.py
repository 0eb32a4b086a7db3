"""The plan of a regrading: which results, by which settings, under which name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from northstar.config.settings import RunSettings


@dataclass(frozen=True, kw_only=True)
class RegradePlan:
    """Everything that a regrading needs to know.

    Attributes:
        name: The folder of its results, and the name of its metrics file.
        benchmarks: The benchmarks to grade, as their folders are called.
        eval_config: Settings of the graders that replace those of the run.
        answers: A file of corrected reference answers.
        data_dir: Where tests of programs, and environments, are.
        run: How many processes grade.
        sandbox: Which walls are built around programs.
        rerun_done: Set aside what stands under the name.
    """

    output_dir: Path
    name: str
    benchmarks: tuple[str, ...]
    eval_config: Mapping[str, Any] = field(default_factory=dict)
    answers: Path | None = None
    data_dir: Path
    run: RunSettings = field(default_factory=RunSettings)
    sandbox: str = "auto"
    extra_benchmarks: tuple[Path, ...] = ()
    rerun_done: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return the plan as run.json stores it."""
        asked = {"name": self.name, "benchmarks": list(self.benchmarks), "eval_config": dict(self.eval_config)}
        answers = None if self.answers is None else str(self.answers)
        return {"regrade": {**asked, "answers": answers}, "rerun_done": self.rerun_done}
