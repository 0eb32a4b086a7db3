"""The Benchmark value: where rows come from, and how they are asked, graded and summed up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from northstar.core.benchmark_name import BenchmarkName
from northstar.core.errors import UsageError, did_you_mean
from northstar.data.environment import Environment
from northstar.data.source import Source
from northstar.task.grader import Grader
from northstar.task.metrics import Metrics
from northstar.task.solver import Solver


@dataclass(frozen=True, kw_only=True)
class Judge:
    """A second model that decides whether a generation agrees with the reference; the user may choose another.

    Attributes:
        prompt: A file of northstar/prompts over a record's fields; it asks for a last line 'Judgement: Yes' or
            'Judgement: No'.
        model: The default judge; None if the user has to name one.
        inference: Defaults of the judge's settings.
    """

    prompt: str = "judge"
    model: str | None = None
    server_type: str = "openai"
    inference: Mapping[str, Any] = field(default_factory=lambda: {"tokens_to_generate": 4096})


@dataclass(frozen=True, kw_only=True)
class Helper:
    """Functions that run in an environment of their own, in processes that Northstar starts and replaces.

    `file` defines them and must not import Northstar.
    """

    environment: Environment
    file: Path


@dataclass(frozen=True, kw_only=True)
class Parts:
    """Parts of a benchmark that can run alone, as `name.part`: the rows whose `field` has the part's name."""

    field: str
    names: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """Everything about one benchmark; `northstar.benchmarks.registry` finds it by its file.

    Attributes:
        name: The name that users type.
        about: One line for `ns prepare_data --list`.
        splits: Split name → source of its rows.
        prompt: A file of northstar/prompts, without .yaml.
        inference: Defaults that suit this benchmark better than the general ones; the user's ++inference.* wins.
        judge: The judge, for answers that symbols alone cannot grade.
        needs: Fields that every row must have beside its id.
        tools: Whether rows offer tools to the model, so that settings must say who parses its calls.
        helper: Functions in an environment of their own; solver and grader call them by solver_context.helpers[name].
        parts, part: The parts that can run alone; `part` is set if this benchmark is one of them.
        whole: The name of the benchmark that this is a split or a part of; empty if it is neither.
        split_of: Makes the source of a split whose name follows a rule; raises UsageError for an invalid name.
        prepared: The splits that `ns prepare_data` prepares by default; if empty, only the default split.
        programs: What the programs that its grader runs need of the scientific packages (NumPy and others): they 'may
            import' or must 'import' them; 'none' if it runs no programs.
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
    whole: str = ""
    split_of: Callable[[str], Source] | None = None
    prepared: tuple[str, ...] = ()
    programs: Literal["none", "may import", "import"] = "none"

    @property
    def whole_name(self) -> str:
        """The name without a split or part: rows are prepared, and lie, by it."""
        return self.whole or self.name

    @property
    def unsplit_name(self) -> str:
        """The name over the default split: an earlier version kept the results of every split by it."""
        return str(BenchmarkName(self.whole_name, self.part or ""))

    def chosen(self, choice: str) -> Benchmark | None:
        """The part, the split or the `split.part` of that name, as a benchmark; None where there is none."""
        split, part = BenchmarkName(self.name, choice).split_and_part
        if self.parts is not None and part in self.parts.names and (not split or self.has_split(split)):
            named = replace(self, name=str(BenchmarkName(self.name, part)), part=part, whole=self.whole_name)
            return named.with_split(split) if split else named
        return self.with_split(choice) if self.has_split(choice) else None

    def with_split(self, split: str) -> Benchmark:
        """This benchmark over one split, under a name of its own where that is not the default."""
        if split == self.default_split:
            return replace(self, prepared=())
        choice = split if self.part is None else f"{split}.{self.part}"
        name = str(BenchmarkName(self.whole_name, choice))
        return replace(self, name=name, whole=self.whole_name, default_split=split, prepared=())

    def has_split(self, split: str) -> bool:
        try:
            self.source(split)
        except UsageError:
            return False
        return True

    def source(self, split: str) -> Source:
        """Return the source of a split's rows. Raises UsageError for an unknown split."""
        if split in self.splits:
            return self.splits[split]
        if self.split_of is not None:
            return self.split_of(split)
        raise UsageError(
            f"--split: {self.whole_name} has no split '{split}'.{did_you_mean(split, self.splits)} "
            f"It has {', '.join(self.splits)}."
        )
