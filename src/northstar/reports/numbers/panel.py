"""Several judges together: the verdicts of their majority, how far each two agree, and where they differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from northstar.metrics.answers import JUDGE_SCORE
from northstar.metrics.labels import LabelMetrics
from northstar.reports.numbers.given import NOT_ASKED
from northstar.reports.numbers.part import Counted, Part
from northstar.reports.read import Results
from northstar.reports.summary import Shown
from northstar.results.layout import output_file
from northstar.statistics.agreement import agreement
from northstar.task.judge import Labels

NO_MAJORITY = "no_majority"
"""The column for answers on which no label has more than half of the judges."""

Verdicts = Sequence[Sequence[str | None]]
"""Seed by seed, row by row: the label that was given, NOT_ASKED, or None where none was read."""


@dataclass
class Panel:
    """The numbers of several judges of the same outputs.

    Attributes:
        judges: Who they are.
        part: The numbers of their majority.
        pairs: 'A / B' → num_verdicts, agreement, kappa, num_differ, and `differ`: id, seed, and the two labels.
    """

    judges: tuple[str, ...] = ()
    part: Part = field(default_factory=Part)
    pairs: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def shown(self) -> Shown:
        """The table of the pairs."""
        lines = {
            name: {key: value for key, value in pair.items() if key != "differ"} for name, pair in self.pairs.items()
        }
        return Shown(lines, list(lines), corner="judges")

    @property
    def notes(self) -> list[str]:
        """Where each two differ: the first ids."""
        notes = []
        for name, pair in self.pairs.items():
            ids = list(dict.fromkeys(str(each["id"]) for each in pair["differ"]))
            if ids:
                more = f" and {len(ids) - 5} more" if len(ids) > 5 else ""
                notes.append(f"{name} differ on {', '.join(ids[:5])}{more} (all: agreement in metrics.json).")
        return notes

    def add(self, counted: Mapping[str, Counted], labels: Labels, files: Sequence[Path]) -> None:
        """Add the greedy generation, or all seeds: by the judges that judged all of these outputs, if they are two."""
        seeds = [None if (file := output_file(path)) is None else file.seed for path in files]
        whole = {name: each for name, each in counted.items() if name and each.results.scores.k == len(seeds)}
        given = {name: each.results.verdicts for name, each in whole.items() if each.results.verdicts is not None}
        if len(given) < 2:
            return
        first = next(iter(whole.values()))
        self.judges = tuple(given)
        self.part.add(first.metrics, _by_majority(first, list(given.values()), labels))
        beside = " (greedy)" if seeds == [None] else ""
        for one, other in combinations(given, 2):
            self.pairs[f"{one} / {other}{beside}"] = _pair(given[one], given[other], first.results.ids, seeds)


def majority(votes: Sequence[str | None]) -> str | None:
    """Return the label that more than half of the judges gave; None without one.

    >>> majority(["yes", "no", "yes"]), majority(["yes", "no"]), majority(["yes", None, None])
    ('yes', None, None)
    """
    label, count = Counter(votes).most_common(1)[0]
    return label if 2 * count > len(votes) else None


def _by_majority(first: Counted, given: Sequence[Verdicts], labels: Labels) -> Results:
    """Return the first judge's results with the majority's verdicts in place of its own."""
    columns = [[majority(votes) for votes in zip(*seeds, strict=True)] for seeds in zip(*given, strict=True)]
    columns = [[labels.unanswered if label == NOT_ASKED else label for label in column] for column in columns]
    scores = [[0.0 if label is None else labels.score(label) for label in column] for column in columns]
    values = {**first.results.scores.values, JUDGE_SCORE: np.array(scores, dtype=np.float64).T}
    if isinstance(first.metrics, LabelMetrics):
        values |= first.metrics.of_labels(columns)
    flags = {NO_MAJORITY: np.array([[label is None for label in column] for column in columns]).T}
    return replace(
        first.results,
        scores=replace(first.results.scores, values=values, flags=flags),
        judge_usage=None,
        judgements=None,
    )


def _pair(
    one: Verdicts, other: Verdicts, ids: Sequence[str | int | None], seeds: Sequence[int | None]
) -> dict[str, Any]:
    ours, theirs = ([label or None for seed in given for label in seed] for given in (one, other))
    found = agreement(ours, theirs)
    differ = [
        {"id": name, "seed": seed, "labels": [mine, its]}
        for seed, *labels in zip(seeds, one, other, strict=True)
        for name, mine, its in zip(ids, *labels, strict=True)
        if mine != its and mine and its
    ]
    return {
        "num_verdicts": found.num,
        "agreement": None if found.share is None else 100.0 * found.share,
        "kappa": found.kappa,
        "num_differ": len(differ),
        "differ": differ,
    }
