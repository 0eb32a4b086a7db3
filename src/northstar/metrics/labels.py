"""Metrics of benchmarks whose judge chooses from several labels, such as correct, incorrect and not attempted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from northstar.metrics.answers import JUDGE_SCORE, AnswerMetrics

if TYPE_CHECKING:
    from northstar.metrics.arrays import FloatArray
    from northstar.metrics.scores import Mode, Scores

Shares = Mapping[str, float]
"""Label → its share of all generations, 0 to 1; what is missing to 1 has no label."""


@dataclass(frozen=True)
class Rate:
    """A number that follows from the shares of the labels; None where it divides by nothing.

    Attributes:
        name: The table's column.
        of: Computes it, 1 for 100.
    """

    name: str
    of: Callable[[Shares], float | None]


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole > 0 else None


def _attempted(shares: Shares) -> float | None:
    return _ratio(shares["correct"], shares["correct"] + shares["incorrect"])


def _f1(shares: Shares) -> float:
    attempted, overall = _attempted(shares) or 0.0, shares["correct"]
    return 2 * attempted * overall / (attempted + overall) if attempted + overall > 0 else 0.0


ATTEMPTED = Rate("accuracy_given_attempted", _attempted)
"""Of the answers that are correct or incorrect, the correct ones."""
F1 = Rate("f1", _f1)
"""The harmonic mean of the share of correct answers over all, and over those that were attempted."""
INDEX = Rate("index", lambda shares: shares["correct"] - shares["incorrect"])
"""Correct less incorrect over all, -100 to 100: a wrong answer costs what a right one earns, silence nothing."""
HALLUCINATION = Rate(
    "hallucination_rate",
    lambda shares: _ratio(shares["incorrect"], sum(shares.values()) - shares["correct"]),
)
"""Of the labelled answers that are not correct, the incorrect ones: how often it is wrong where it could be silent."""


class LabelMetrics(AnswerMetrics):
    """Reports `judge_correct`, the rates that follow from the labels, and the share of each label but the first.

    Shares are over all generations of all seeds, those without a readable verdict included; rates are of these shares.

    Args:
        labels: The judge's labels, the best one first.
        rates: What follows from their shares, in the table's order.
        scores: Scores beside the judge's.
        subset: As of AnswerMetrics.
    """

    def __init__(
        self,
        *scores: str,
        labels: Sequence[str],
        rates: Sequence[Rate] = (),
        subset: str | None = None,
    ) -> None:
        super().__init__(JUDGE_SCORE, *scores, answer=None, subset=subset)
        self.labels = tuple(labels)
        self.rates = tuple(rates)

    def by_pairs(self) -> LabelMetrics:
        """Return the same metrics: there is no majority of answers."""
        return self

    def of_labels(self, columns: Sequence[Sequence[Any]]) -> dict[str, FloatArray]:
        """Return label → [rows, k], 1 where a generation has it. columns: the label of each row, seed by seed."""
        import numpy as np

        return {
            label: np.array([[each == label for each in column] for column in columns], dtype=np.float64).T
            for label in self.labels
        }

    def _mean_mode(self, scores: Scores, j: int) -> Mode:
        mode = super()._mean_mode(scores, j)
        if not all(label in scores.values for label in self.labels):
            return mode
        shares = {label: float(scores.values[label][:, :j].mean()) for label in self.labels}
        rates = {rate.name: rate.of(shares) for rate in self.rates}
        added = {name: None if value is None else 100.0 * value for name, value in rates.items()}
        added |= {label: 100.0 * share for label, share in list(shares.items())[1:]}
        counts = dict(list(mode.items())[: list(mode).index(JUDGE_SCORE) + 1])
        return counts | added | mode
