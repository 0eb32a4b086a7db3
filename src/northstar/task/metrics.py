"""The contract of a benchmark's metrics: from scores to numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from northstar.metrics.row_means import RowMean
    from northstar.metrics.scores import Mode, Scores


class Metrics(Protocol):
    """Turns scores into numbers; AnswerMetrics explains the other attributes.

    Attributes:
        by_category: Whether a mode holds numbers by category, each a line of the table, instead of one line.
        weight: The record's field with the number of a row's parts, where scores are shares of parts.
    """

    @property
    def scores(self) -> tuple[str, ...]: ...
    @property
    def answer(self) -> str | None: ...
    @property
    def subset(self) -> str | None: ...
    @property
    def weight(self) -> str | None: ...
    @property
    def judged(self) -> bool: ...
    @property
    def live_score(self) -> str: ...
    @property
    def by_category(self) -> bool: ...

    def compute(self, scores: Scores) -> dict[str, Mode]:
        """Return mode → numbers, for every j <= k."""

    def row_means(self, scores: Scores) -> dict[str, RowMean]:
        """Return the metrics that are means over rows, the main one first: what two runs are compared by."""

    def with_judge(self) -> Metrics | None:
        """Return the same metrics with a judge's score first; None if no judgement of a whole answer can count."""

    def shown(self, k: int) -> list[str]:
        """Return the modes that a table shows for k generations per row."""
