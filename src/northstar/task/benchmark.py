"""The Benchmark value: where rows come from, and how they are asked, graded and summed up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from northstar.core.benchmark_name import BenchmarkName, parsed_name
from northstar.core.errors import UsageError, did_you_mean
from northstar.data.environment import Environment
from northstar.data.source import HubFile, HubFiles, Source, hub_files
from northstar.task.grader import Grader
from northstar.task.judge import YES_OR_NO, Labels
from northstar.task.judge import Judge as Judge
from northstar.task.metrics import Metrics
from northstar.task.solver import Solver

FAMILIES = ("mathematics", "choices", "questions", "programs", "instructions", "tools", "long context", "others")
"""What benchmarks are listed under, in this order."""


@dataclass(frozen=True)
class Splits:
    """Where a benchmark's rows come from, split by split.

    Attributes:
        named: Split name → source of its rows.
        default: The split of those who name none.
        prepared: The splits that `ns prepare_data` prepares for them; if empty, only the default one.
        by_rule: Makes the source of a split whose name follows a rule; raises UsageError for an invalid name.
        rows: Split → its number of rows where it is known before it is prepared, for `ns prepare_data --list`.
    """

    named: Mapping[str, Source]
    default: str = "test"
    prepared: tuple[str, ...] = ()
    by_rule: Callable[[str], Source] | None = None
    rows: Mapping[str, int] = field(default_factory=dict)

    @property
    def to_prepare(self) -> tuple[str, ...]:
        return self.prepared or (self.default,)


@dataclass(frozen=True, kw_only=True)
class Parts:
    """Parts of a benchmark that can run alone, as `name.part`.

    Attributes:
        field: The field of a row that has the part's name.
        chosen: Set by Benchmark.chosen: the part that is asked; None asks all rows.
    """

    field: str
    names: tuple[str, ...]
    chosen: str | None = None


@dataclass(frozen=True, kw_only=True)
class Helper:
    """Functions that run in an environment of their own, in processes that Northstar starts and replaces.

    `file` defines them and must not import Northstar.
    """

    environment: Environment
    file: Path


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """Everything about one benchmark; `northstar.benchmarks.registry` finds it by its file.

    Attributes:
        name: The name that users type.
        about: One line for `ns prepare_data --list`.
        family: What `ns prepare_data --list` shows it under: one of FAMILIES, or another word.
        licence: That of the rows, as its authors state it: an SPDX name, 'not stated', or 'unknown' if
            nobody looked it up.
        citation: Whom to cite: authors, year, title, and arXiv number, venue or address.
        prompt: A file of northstar/prompts, without .yaml.
        needs: Fields that every row must have beside its id.
        inference: Defaults that suit this benchmark better than the general ones; the user's ++inference.* wins.
        judge: For answers that symbols alone cannot grade: a second model.
        parts: For rows of several kinds: parts that can run alone.
        programs: For graders that run programs: what these need of the scientific packages (NumPy and others). They
            'may import' or must 'import' them; 'none' if there are no programs.
        tools: For tool calling: rows offer tools to the model, so that settings must say who parses its calls.
        offers: Tools that Northstar offers the model beside its question: 'python'. They are part of the name.
        helper: For code that needs other packages than Northstar, such as an official grader: functions in an
            environment of their own; solver and grader call them by solver_context.helper.
        long_prompts: Whether prompts are so long that computing one costs more than answering it: a row's seeds are
            then asked together, so that the server computes its prompt once.
        typical_tokens: How many tokens a model that reasons generates for a sample; what takes long is asked first. A
            conversation counts some hundred more for each of its turns, since these wait for each other.
        unpublished: Whether its authors ask not to publish its rows: a bundle then has their ids and hashes alone.
    """

    name: str
    about: str
    splits: Splits
    prompt: str
    solver: Solver
    grader: Grader
    metrics: Metrics
    family: str = "others"
    licence: str = "not stated"
    citation: str = ""
    needs: tuple[str, ...] = ("problem", "expected_answer")
    inference: Mapping[str, Any] = field(default_factory=dict)
    judge: Judge | None = None
    parts: Parts | None = None
    programs: Literal["none", "may import", "import"] = "none"
    tools: bool = False
    offers: tuple[str, ...] = ()
    helper: Helper | None = None
    long_prompts: bool = False
    typical_tokens: int = 4000
    unpublished: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.splits, Splits):  # in a file of the user's own, which no type checker sees
            raise TypeError("splits must be Splits({'test': …})")

    @property
    def whole_name(self) -> str:
        """The name without a split or part: rows are prepared, and lie, by it."""
        named = parsed_name(self.name)
        return self.name if named is None else named.benchmark

    @property
    def labels(self) -> Labels:
        """What a judge may say of an answer; yes or no where the benchmark has no judge of its own."""
        return YES_OR_NO if self.judge is None else self.judge.labels

    @property
    def part(self) -> str | None:
        """The part that this is; None for the whole."""
        return None if self.parts is None else self.parts.chosen

    @property
    def is_unpinned(self) -> bool:
        """Whether the commit of a split's rows is known only once they are prepared."""
        sources = self.splits.named.values()
        files = [file for each in sources if isinstance(each, HubFile | HubFiles) for file in hub_files(each)]
        return not all(file.is_pinned for file in files)

    @property
    def unsplit_name(self) -> str:
        """The name over the default split: an earlier version kept the results of every split by it."""
        return str(BenchmarkName(self.whole_name, self.part or "", self.offers))

    @property
    def calls_tools(self) -> bool:
        """Whether the model is offered tools, by the rows or by Northstar."""
        return self.tools or bool(self.offers)

    @property
    def runs_programs(self) -> bool:
        """Whether programs that the model writes run, to be graded or as its tool."""
        return self.programs != "none" or bool(self.offers)

    def chosen(self, choice: str) -> Benchmark | None:
        """The part, the split or the `split.part` of that name, as a benchmark; None where there is none."""
        split, part = BenchmarkName(self.name, choice).split_and_part
        if self.parts is not None and part in self.parts.names and (not split or self.has_split(split)):
            named = replace(self, name=str(BenchmarkName(self.name, part)), parts=replace(self.parts, chosen=part))
            return named.with_split(split) if split else named
        return self.with_split(choice) if self.has_split(choice) else None

    def with_split(self, split: str) -> Benchmark:
        """This benchmark over one split, under a name of its own where that is not the default."""
        splits = replace(self.splits, default=split, prepared=())
        if split == self.splits.default:
            return replace(self, splits=splits)
        choice = split if self.part is None else f"{split}.{self.part}"
        return replace(self, name=str(BenchmarkName(self.whole_name, choice, self.offers)), splits=splits)

    def has_split(self, split: str) -> bool:
        try:
            self.source(split)
        except UsageError:
            return False
        return True

    def source(self, split: str) -> Source:
        """Return the source of a split's rows. Raises UsageError for an unknown split."""
        named = self.splits.named
        if split in named:
            return named[split]
        if self.splits.by_rule is not None:
            return self.splits.by_rule(split)
        raise UsageError(
            f"--split: {self.whole_name} has no split '{split}'.{did_you_mean(split, named)} It has {', '.join(named)}."
        )
