"""The shape of a benchmark's metrics: what turns scores into numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from northstar.metrics.scores import Mode, Scores


class Metrics(Protocol):
    """See AnswerMetrics for what the attributes mean.

    by_category: whether a mode holds numbers by category, each a line of the table, and not one line of numbers.
    weight: the record's field that says of how many parts a row is, where scores are shares of parts.
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
        """Mode → numbers, for every j <= k."""

    def with_judge(self) -> Metrics | None:
        """The same with a judge's score before the others; None where a verdict on the whole answer counts nowhere."""

    def shown(self, k: int) -> list[str]:
        """The modes that a table shows, of k generations a row."""
