"""A benchmark is a value: where its rows come from, how they are asked, graded and summed up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from northstar.core.errors import UsageError, did_you_mean
from northstar.data.environment import Environment
from northstar.data.source import Source
from northstar.task.grader import Grader
from northstar.task.metrics import Metrics
from northstar.task.solver import Solver


@dataclass(frozen=True, kw_only=True)
class Judge:
    """A second model that says of each generation whether it agrees with the reference; the user may name another.

    prompt: a file of northstar/prompts over a record's fields, that asks for a last line 'Judgement: Yes' or
    'Judgement: No'. model: None where the user has to name one. inference: defaults of its settings.
    """

    prompt: str = "judge"
    model: str | None = None
    server_type: str = "openai"
    inference: Mapping[str, Any] = field(default_factory=lambda: {"tokens_to_generate": 4096})


@dataclass(frozen=True, kw_only=True)
class Helper:
    """Functions that run in an environment of their own: processes that Northstar starts, calls and replaces.

    file: defines them; it imports nothing of Northstar.
    """

    environment: Environment
    file: Path


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The parts of a benchmark that can be run alone, as `name.part`: the rows whose `field` has the part's name."""

    field: str
    names: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """Everything about one benchmark; `northstar.benchmarks.registry` finds it by its file.

    name: what the user types. about: one line for `ns prepare_data --list`.
    splits: where the rows of each split come from. prompt: a file of northstar/prompts, without .yaml.
    inference: defaults that fit this benchmark better than the general ones; the user's ++inference.* wins.
    judge: for answers that symbols alone can't grade. needs: fields that every row must have, beside its id.
    tools: whether rows offer tools to the model, so that settings must say who reads its calls. helper: see Helper;
    solver and grader find it as solver_context.helpers[name]. parts, part: see Parts; part is set where this is one.
    split_of: makes the source of a split that is named by a rule and not listed; UsageError says what is wrong with a
    name. prepared: the splits that are prepared unless one is named; the default split alone where there are none.
    programs: what its grader runs in the sandbox, if it does: programs that like to have NumPy and its kin
    ('may import'), or can't do without ('import').
    """

    name: str
    about: str
    splits: Mapping[str, Source]
    default_split: str = "test"
    prompt: str
    solver: Solver
    grader: Grader
    metrics: Metrics
    inference: Mapping[str, Any] = field(default_factory=dict)
    judge: Judge | None = None
    needs: tuple[str, ...] = ("problem", "expected_answer")
    tools: bool = False
    helper: Helper | None = None
    parts: Parts | None = None
    part: str | None = None

    @property
    def whole_name(self) -> str:
        """The name without the part: rows are prepared, and lie, by it."""
        return self.name if self.part is None else self.name.removesuffix(f".{self.part}")

    def named(self, part: str) -> Benchmark:
        """The part of that name, as a benchmark."""
        return replace(self, name=f"{self.name}.{part}", part=part)

    split_of: Callable[[str], Source] | None = None
    prepared: tuple[str, ...] = ()
    programs: Literal["none", "may import", "import"] = "none"

    def source(self, split: str) -> Source:
        """Where the rows of a split come from. Raises UsageError for a split that there isn't."""
        if split in self.splits:
            return self.splits[split]
        if self.split_of is not None:
            return self.split_of(split)
        raise UsageError(
            f"--split: {self.name} has no split '{split}'.{did_you_mean(split, self.splits)} "
            f"It has {', '.join(self.splits)}."
        )
