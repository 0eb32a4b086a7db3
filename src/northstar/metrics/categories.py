"""Metrics of benchmarks whose score is composed of categories; docs/grading.md explains the numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from northstar.metrics.arrays import FloatArray
    from northstar.metrics.row_means import RowMean
    from northstar.metrics.scores import Mode, Scores


@dataclass(frozen=True)
class Group:
    """The mean over `parts`, categories or groups defined before it: plain, or weighted by number of entries."""

    name: str
    parts: tuple[str, ...]
    weighted: bool = False


class CategoryMetrics:
    """Averages one score per row by category, then by groups of categories.

    Args:
        score: The record's field with the score.
        subset: The record's field with the category.
        groups: In order of composition: each after its parts. A group with a part that has no rows is left out.
        table: The categories and groups that form the table's lines, in order.
    """

    answer = None
    judged = False
    by_category = True
    weight: str | None = None

    def __init__(self, score: str, *, subset: str, groups: Sequence[Group], table: Sequence[str]) -> None:
        self.scores = (score,)
        self.subset = subset
        self._groups = tuple(groups)
        self._table = tuple(table)

    @property
    def group_names(self) -> list[str]:
        """Return the groups' names, outermost first."""
        return [group.name for group in reversed(self._groups)]

    def with_judge(self) -> None:
        """Return None: the score is composed of the benchmark's own verdicts, which a judge does not replace."""

    @property
    def live_score(self) -> str:
        return self.scores[0]

    def compute(self, scores: Scores) -> dict[str, Mode]:
        """Return mode → metrics: pass@1 for one generation per row, else pass@1[avg-of-j] and pass@j for j <= k."""
        from northstar.metrics.pass_at_k import pass_at_k

        values = scores.values[self.scores[0]]
        rows = scores.rows_by_label()
        modes: dict[str, Mode] = {}
        for j in range(1, scores.k + 1):
            by_seed = {name: values[mine][:, :j].mean(axis=0) for name, mine in rows.items()}
            name = "pass@1" if scores.k == 1 else f"pass@1[avg-of-{j}]"
            modes[name] = scores.counts(j) | self._lines(rows, by_seed)
        for j in range(2, scores.k + 1):
            passed = {name: _as_array(pass_at_k(values[mine] >= 1.0, j)) for name, mine in rows.items()}
            modes[f"pass@{j}"] = scores.counts(scores.k) | self._lines(rows, passed)
        return modes

    def row_means(self, scores: Scores) -> dict[str, RowMean]:
        """Return the groups, outermost first, and the categories, each with the part that every row has in it."""
        from northstar.metrics.row_means import RowMean

        masks = scores.rows_by_label()
        entries = {name: int(mask.sum()) for name, mask in masks.items()}
        parts = {group.name: group.parts for group in self._groups}
        rows = {name: mask / mask.sum() for name, mask in masks.items()}
        for group in self._groups:
            if all(part in rows for part in group.parts):
                weights = [entries[part] if group.weighted else 1 for part in group.parts]
                rows[group.name] = _mean([rows[part] for part in group.parts], weights)
                entries[group.name] = sum(entries[name] for name in _categories(group.name, parts))
        names = [*(group.name for group in reversed(self._groups) if group.name in rows), *masks]
        return {name: RowMean(scores.values[self.scores[0]], rows[name]) for name in names}

    def shown(self, k: int) -> list[str]:
        return ["pass@1"] if k == 1 else [f"pass@1[avg-of-{k}]", f"pass@{k}"]

    def lines(self, mode: Mapping[str, Any]) -> list[str]:
        """Return the table's lines that exist, and the categories that none of them covers."""
        there = [name for name in self._table if name in mode]
        parts = {group.name: group.parts for group in self._groups}
        covered = {category for name in there for category in _categories(name, parts)}
        return [*there, *(name for name in self.categories(mode) if name not in covered)]

    def categories(self, mode: Mapping[str, Any]) -> list[str]:
        """Return the categories that have rows."""
        groups = {group.name for group in self._groups}
        return [name for name, line in mode.items() if isinstance(line, dict) and name not in groups]

    def _lines(self, rows: Mapping[str, NDArray[np.bool_]], by_seed: Mapping[str, FloatArray]) -> Mode:
        """Return the lines of a mode, groups first, outermost on top. by_seed: category → [seeds] accuracy, 0..1."""
        entries = {name: int(mine.sum()) for name, mine in rows.items()}
        parts = {group.name: group.parts for group in self._groups}
        shares = dict(by_seed)
        for group in self._groups:
            if all(part in shares for part in group.parts):
                weights = [entries[part] if group.weighted else 1 for part in group.parts]
                shares[group.name] = _mean([shares[part] for part in group.parts], weights)
                entries[group.name] = sum(entries[name] for name in _categories(group.name, parts))
        names = [group.name for group in reversed(self._groups) if group.name in shares]
        return {name: _line(entries[name], shares[name]) for name in [*names, *by_seed]}


def _line(entries: int, by_seed: FloatArray) -> dict[str, Any]:
    line: dict[str, Any] = {"num_entries": entries, "accuracy": 100.0 * float(by_seed.mean())}
    if len(by_seed) > 1:
        deviation = float(by_seed.std(ddof=1))
        error = deviation / float(len(by_seed)) ** 0.5
        line["accuracy_statistics"] = {"std_dev_across_runs": deviation, "std_err_across_runs": error}
    return line


def _categories(name: str, parts: Mapping[str, tuple[str, ...]]) -> set[str]:
    """Return all categories that a group is composed of, at any depth."""
    return {leaf for part in parts[name] for leaf in _categories(part, parts)} if name in parts else {name}


def _mean(shares: Sequence[FloatArray], weights: Sequence[int]) -> FloatArray:
    import numpy as np

    return np.average(np.stack(shares), axis=0, weights=weights)


def _as_array(value: float) -> FloatArray:
    import numpy as np

    return np.array([value])
