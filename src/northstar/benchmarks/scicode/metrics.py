"""Metrics of problems that consist of steps; docs/grading.md explains the numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from northstar.metrics.arrays import FloatArray
    from northstar.metrics.row_means import RowMean
    from northstar.metrics.scores import Mode, Scores


@dataclass(frozen=True)
class StepMetrics:
    """Reports the share of problems solved, and of steps passed over all rows: a row counts by its number of steps.

    Under pass@k a row counts with its best generation's steps; for j < k, with the mean over all choices of j of the k
    generations.

    Attributes:
        problem: The score that is 1 if all steps of a row pass.
        share: The score with the share of its steps that pass.
        weight: The record's field with the number of steps.
    """

    problem: str
    share: str
    weight: str
    answer: None = None
    subset: str | None = None
    judged: bool = False
    by_category: bool = False

    @property
    def scores(self) -> tuple[str, ...]:
        return (self.problem, self.share)

    @property
    def live_score(self) -> str:
        return self.share

    def with_judge(self) -> None:
        """Return None: a row counts by its steps, which a judge does not assess."""

    def compute(self, scores: Scores) -> dict[str, Mode]:
        """Return mode → metrics for every j <= k; for one generation per row, 'pass@1' is the only mode."""
        if scores.k == 1:
            return {"pass@1": self._mean_mode(scores, 1)}
        modes = {f"pass@1[avg-of-{j}]": self._mean_mode(scores, j) for j in range(1, scores.k + 1)}
        return modes | {f"pass@{j}": self._pass_mode(scores, j) for j in range(2, scores.k + 1)}

    def row_means(self, scores: Scores) -> dict[str, RowMean]:
        """Return the share of problems, and the share of steps, in which a row counts by its steps."""
        from northstar.metrics.row_means import RowMean

        return {
            self.problem: RowMean(scores.values[self.problem]),
            self.share: RowMean(scores.values[self.share], _weights(scores)),
        }

    def shown(self, k: int) -> list[str]:
        """Return the modes that a table shows for k generations per row."""
        return ["pass@1"] if k == 1 else [f"pass@1[avg-of-{k}]", f"pass@{k}"]

    def _mean_mode(self, scores: Scores, j: int) -> Mode:
        from northstar.metrics.spread import statistics

        problems, shares = scores.values[self.problem][:, :j], scores.values[self.share][:, :j]
        weights = _weights(scores)
        mode = self._mode(scores, j, problems.mean(), weights @ shares.mean(axis=1) / weights.sum())
        mode[f"{self.problem}_statistics"] = statistics(problems)
        mode[f"{self.share}_statistics"] = statistics(shares, weights)
        return mode

    def _pass_mode(self, scores: Scores, j: int) -> Mode:
        from northstar.metrics.pass_at_k import best_of, pass_at_k

        weights = _weights(scores)
        best = weights @ best_of(scores.values[self.share], j) / weights.sum()
        return self._mode(scores, scores.k, pass_at_k(scores.values[self.problem] >= 1.0, j), best)

    def _mode(self, scores: Scores, j: int, problems: Any, steps: Any) -> Mode:
        counted = scores.counts(j)
        return {
            "avg_tokens": counted["avg_tokens"],
            "gen_seconds": counted["gen_seconds"],
            self.problem: 100.0 * float(problems),
            self.share: 100.0 * float(steps),
            "num_problems": scores.rows,
            "num_subtasks": int(_weights(scores).sum()),
        }


def _weights(scores: Scores) -> FloatArray:
    assert scores.weights is not None
    return scores.weights
