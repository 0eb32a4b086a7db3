"""The metrics of benchmarks whose rows have one answer each: docs/grading.md says what the numbers mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from northstar.metrics.scores import Mode, Scores


JUDGE_SCORE = "judge_correct"


class AnswerMetrics:
    """Which scores of a record are reported, and whether answers can be compared between generations.

    scores: names of record fields, in the table's order. answer: the field that holds the predicted answer, for
    `majority@k` and `no_answer`; None where there is none. majority=False leaves the majority row out. subset: the row
    field whose values are also reported each on its own.

    A score that `judge_correct` names comes from a judge, and is left out where nothing is judged. What a judge said
    that can't be read counts as not correct, and then shows as a share in a column of its own, `judge_unparsed`.
    """

    by_category = False
    weight: str | None = None

    def __init__(
        self,
        *scores: str,
        answer: str | None = "predicted_answer",
        majority: bool = True,
        subset: str | None = None,
    ) -> None:
        self.scores = scores
        self.answer = answer
        self.majority = majority and answer is not None
        self.subset = subset

    @property
    def judged(self) -> bool:
        """Whether a judge gives one of the scores."""
        return JUDGE_SCORE in self.scores

    def with_judge(self) -> AnswerMetrics:
        """The same with a judge's score before the others."""
        return AnswerMetrics(JUDGE_SCORE, *self.scores, answer=self.answer, majority=self.majority, subset=self.subset)

    @property
    def live_score(self) -> str:
        """The first score that is there as soon as a generation is graded."""
        return next((name for name in self.scores if name != JUDGE_SCORE), self.scores[0])

    def compute(self, scores: Scores) -> dict[str, Mode]:
        """Mode → metrics, for every j <= k.

        pass@j is the unbiased estimate from all k; pass@1[avg-of-j] and majority@j are of the first j seeds. Of one
        generation a row there is 'pass@1' alone.
        """
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

    def shown(self, k: int) -> list[str]:
        """The modes that a table shows, of k generations a row."""
        if k == 1:
            return ["pass@1"]
        return [f"pass@1[avg-of-{k}]", *([f"majority@{k}"] if self.majority else []), f"pass@{k}"]

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
        from northstar.metrics.majority import majority_score

        assert scores.answers is not None
        mode = scores.counts(j)
        for name in self._given(scores):
            mode[name] = _percent(majority_score(scores.answers[:, :j], scores.values[name][:, :j]))
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
    """The share of rows all of whose generations have a flag, for flags that any generation has."""
    return {name: _percent(flags[:, :j].all(axis=1).mean()) for name, flags in scores.flags.items() if flags.any()}


def _percent(share: Any) -> float:
    return 100.0 * float(share)


def _statistics_last(mode: Mode) -> Mode:
    """Numbers first, so that they are the columns of the table."""
    nested = {key: value for key, value in mode.items() if isinstance(value, dict)}
    return {key: value for key, value in mode.items() if key not in nested} | nested
