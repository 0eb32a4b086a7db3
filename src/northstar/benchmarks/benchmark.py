"""A benchmark is a value: where its rows come from, how they are asked, graded and summed up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from northstar.data.source import Source
from northstar.errors import UsageError, did_you_mean
from northstar.graders.grader import Grader
from northstar.metrics.answers import AnswerMetrics
from northstar.solvers.solver import Solver


@dataclass(frozen=True, kw_only=True)
class Judge:
    """A second model that says of each generation whether it agrees with the reference; the user may name another.

    prompt: a file of northstar/prompts over a record's fields, that asks for a last line 'Judgement: Yes' or
    'Judgement: No'. inference: defaults of its settings.
    """

    prompt: str = "judge"
    model: str
    server_type: str = "openai"
    inference: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """Everything about one benchmark; `northstar.benchmarks.registry` finds it by its file.

    name: what the user types. about: one line for `ns prepare_data --list`.
    splits: where the rows of each split come from. prompt: a file of northstar/prompts, without .yaml.
    inference: defaults that fit this benchmark better than the general ones; the user's ++inference.* wins.
    judge: for answers that symbols alone can't grade. needs: fields that every row must have, beside its id.
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
    metrics: AnswerMetrics
    inference: Mapping[str, Any] = field(default_factory=dict)
    judge: Judge | None = None
    needs: tuple[str, ...] = ("problem", "expected_answer")
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
