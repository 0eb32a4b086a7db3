"""The numbers of one benchmark by one judge or none, and the results that they are computed from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from northstar.metrics.answers import JUDGE_SCORE
from northstar.metrics.arrays import FloatArray
from northstar.metrics.categories import CategoryMetrics
from northstar.metrics.row_means import RowMean
from northstar.reports.answers import Tally
from northstar.reports.no_answers import judge_warning_of, warning_of
from northstar.reports.read import NO_USAGE, Results, Usage
from northstar.reports.summary import Shown
from northstar.task.metrics import Metrics


@dataclass(frozen=True)
class Counted:
    """The results of a folder by one judge, or none.

    Attributes:
        name: Their name in run.json.
        metrics: What to compute from them.
    """

    name: str
    metrics: Metrics
    results: Results


@dataclass
class Part:
    """The numbers of one benchmark, by one judge or none.

    Attributes:
        unjudged: Whether the judge's score is missing, which the benchmark is about.
    """

    modes: dict[str, Any] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    subsets: dict[str, dict[str, Any]] = field(default_factory=dict)
    usage: Usage = NO_USAGE
    judge_usage: Usage | None = None
    paces: list[FloatArray] = field(default_factory=list)
    answers: Tally = field(default_factory=Tally)
    judgements: Tally = field(default_factory=Tally)
    by_category: CategoryMetrics | None = None
    means: dict[str, RowMean] = field(default_factory=dict)
    unjudged: bool = False

    @property
    def shown(self) -> Shown:
        warning = warning_of(self.answers) or judge_warning_of(self.judgements)
        return Shown(self.modes, self.lines, self.subsets, self.by_category, warning)

    def add(self, metrics: Metrics, results: Results) -> None:
        """Add the greedy generation, or all seeds."""
        found, lines = metrics.compute(results.scores), metrics.shown(results.scores.k)
        beside = bool(self.modes) and lines == ["pass@1"]  # one seed beside the greedy generation
        rename = {"pass@1": "pass@1[avg-of-1]"} if beside else {}
        self.modes |= {rename.get(name, name): mode for name, mode in found.items()}
        self.lines += [rename.get(name, name) for name in lines]
        self.by_category = metrics if isinstance(metrics, CategoryMetrics) else None
        labels = np.array([] if metrics.by_category else results.scores.labels or [])
        for subset in sorted(set(labels.tolist())):
            modes = metrics.compute(results.scores.of_rows(labels == subset))
            subset_modes = self.subsets.setdefault(subset, {})
            subset_modes |= {rename.get(name, name): mode for name, mode in modes.items()}
        self.means = metrics.row_means(results.scores)  # of the seeds, where there are any
        self.unjudged = metrics.judged and JUDGE_SCORE not in results.scores.values
        self.usage = self.usage + results.usage
        self.paces.append(results.paces)
        self.answers += results.answers
        if results.judgements is not None:
            self.judgements += results.judgements
        if results.judge_usage is not None:
            self.judge_usage = (self.judge_usage or NO_USAGE) + results.judge_usage
