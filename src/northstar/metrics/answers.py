"""Metrics of benchmarks with one answer per row; docs/grading.md explains the numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from northstar.metrics.row_means import RowMean
    from northstar.metrics.scores import Mode, Scores


JUDGE_SCORE = "judge_correct"
BY_ANSWER, BY_PAIR = "answer", "answer-and-verdict"
MAJORITIES = (BY_ANSWER, BY_PAIR)
"""What a majority of judged answers counts."""


class AnswerMetrics:
    """Reports scores of a record per row, with majority voting where answers can be compared between generations.

    A score named `judge_correct` comes from a judge and is left out where nothing is judged. A judgement that cannot be
    read counts as not correct; its share is then shown in a column of its own, `judge_unparsed`.

    Args:
        scores: Names of record fields, in the table's order.
        answer: The field with the predicted answer, for `majority@k` and `no_answer`; None if there is none.
        majority: Whether to report `majority@k`.
        subset: A row field; each of its values is also reported on its own.
        majority_by: What `majority@k` counts where a judge scores: answers, or pairs of answer and verdict.
        mean_of_subsets: Whether to report also the plain mean over the subsets of the first score, as
            `mean_by_SUBSET`: there each subset counts the same, however many rows it has. It is then the main number.
    """

    by_category = False
    weight: str | None = None

    def __init__(
        self,
        *scores: str,
        answer: str | None = "predicted_answer",
        majority: bool = True,
        subset: str | None = None,
        majority_by: str = BY_ANSWER,
        mean_of_subsets: bool = False,
    ) -> None:
        self.scores = scores
        self.answer = answer
        self.majority = majority and answer is not None
        self.subset = subset
        self.majority_by = majority_by
        self.mean_name = f"mean_by_{subset}" if mean_of_subsets and subset is not None else None

    @property
    def judged(self) -> bool:
        """Whether one of the scores comes from a judge."""
        return JUDGE_SCORE in self.scores

    def with_judge(self) -> AnswerMetrics:
        """Return the same metrics with a judge's score before the others."""
        return self._with(JUDGE_SCORE, *self.scores)

    def by_pairs(self) -> AnswerMetrics:
        """Return the same metrics with a majority of pairs of answer and verdict."""
        return self._with(*self.scores, majority_by=BY_PAIR)

    def _with(self, *scores: str, majority_by: str | None = None) -> AnswerMetrics:
        return AnswerMetrics(
            *scores,
            answer=self.answer,
            majority=self.majority,
            subset=self.subset,
            majority_by=majority_by or self.majority_by,
            mean_of_subsets=self.mean_name is not None,
        )

    @property
    def live_score(self) -> str:
        """The first score that is known as soon as a generation is graded."""
        return next((name for name in self.scores if name != JUDGE_SCORE), self.scores[0])

    def compute(self, scores: Scores) -> dict[str, Mode]:
        """Return mode → metrics for every j <= k.

        pass@j is the unbiased estimate from all k generations; pass@1[avg-of-j] and majority@j cover the first j seeds.
        With one generation per row, 'pass@1' is the only mode.
        """
        modes = self._modes(scores)
        if self.mean_name is None or not scores.labels:
            return modes
        parts = [self._modes(scores.of_rows(rows)) for rows in scores.rows_by_label().values()]
        return {name: self._with_mean(mode, [part[name] for part in parts]) for name, mode in modes.items()}

    def _modes(self, scores: Scores) -> dict[str, Mode]:
        if scores.k == 1:
            return {"pass@1": self._mean_mode(scores, 1)}
        modes: dict[str, Mode] = {}
        for j in range(1, scores.k + 1):
            modes[f"pass@1[avg-of-{j}]"] = self._mean_mode(scores, j)
        for j in range(2, scores.k + 1):
            if self.majority and scores.answers is not None:
                modes[f"majority@{j}"] = self._majority_mode(scores, j)
        for j in range(2, scores.k + 1):
            modes[f"pass@{j}"] = self._pass_mode(scores, j)
        return modes

    def row_means(self, scores: Scores) -> dict[str, RowMean]:
        """Return the scores that are given, the main one first."""
        from northstar.metrics.row_means import RowMean

        means = {name: RowMean(scores.values[name]) for name in self._given(scores)}
        if self.mean_name is None or not scores.labels:
            return means
        weights = sum(rows / rows.sum() for rows in scores.rows_by_label().values())
        return {self.mean_name: RowMean(next(iter(means.values())).values, weights)} | means

    def shown(self, k: int) -> list[str]:
        """Return the modes that a table shows for k generations per row."""
        if k == 1:
            return ["pass@1"]
        return [f"pass@1[avg-of-{k}]", *([f"majority@{k}"] if self.majority else []), f"pass@{k}"]

    def _with_mean(self, mode: Mode, parts: Sequence[Mode]) -> Mode:
        """Put the mean over the subsets before the scores. parts: the same mode of each subset."""
        assert self.mean_name is not None
        main = next(name for name in self.scores if name in mode)
        mean = sum(part[main] for part in parts) / len(parts)
        counts = {name: mode[name] for name in ("num_entries", "avg_tokens", "gen_seconds")}
        return counts | {self.mean_name: mean} | mode

    def _mean_mode(self, scores: Scores, j: int) -> Mode:
        from northstar.metrics.spread import statistics

        mode = scores.counts(j)
        for name in self._given(scores):
            values = scores.values[name][:, :j]
            mode[name] = _percent(values.mean())
            mode[f"{name}_statistics"] = statistics(values)
        if scores.answers is not None:
            mode["no_answer"] = _percent((scores.answers[:, :j] < 0).mean())
        mode |= {name: _percent(flags[:, :j].mean()) for name, flags in scores.flags.items() if flags.any()}
        return _statistics_last(mode)

    def _majority_mode(self, scores: Scores, j: int) -> Mode:
        from northstar.metrics.majority import majority_score, pairs_of

        assert scores.answers is not None
        mode = scores.counts(j)
        for name in self._given(scores):
            answers, values = scores.answers[:, :j], scores.values[name][:, :j]
            pairs = name == JUDGE_SCORE and self.majority_by == BY_PAIR
            mode[name] = _percent(majority_score(pairs_of(answers, values) if pairs else answers, values))
        mode["no_answer"] = _percent((scores.answers[:, :j] < 0).all(axis=1).mean())
        return mode | _always(scores, j)

    def _pass_mode(self, scores: Scores, j: int) -> Mode:
        from northstar.metrics.pass_at_k import pass_at_k

        mode = scores.counts(scores.k)
        for name in self._given(scores):
            mode[name] = _percent(pass_at_k(scores.values[name] >= 1.0, j))
        if scores.answers is not None:
            mode["no_answer"] = _percent(1.0 - pass_at_k(scores.answers >= 0, j))
        return mode | _always(scores, scores.k)

    def _given(self, scores: Scores) -> list[str]:
        return [name for name in self.scores if name in scores.values]


def _always(scores: Scores, j: int) -> Mode:
    """Return flag → percentage of rows all of whose generations have it, for flags that occur."""
    return {name: _percent(flags[:, :j].all(axis=1).mean()) for name, flags in scores.flags.items() if flags.any()}


def _percent(share: Any) -> float:
    return 100.0 * float(share)


def _statistics_last(mode: Mode) -> Mode:
    """Put numbers first: they are the columns of the table."""
    nested = {key: value for key, value in mode.items() if isinstance(value, dict)}
    return {key: value for key, value in mode.items() if key not in nested} | nested
