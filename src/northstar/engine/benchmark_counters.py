"""Counts what a run has done of one benchmark, as it happens."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from northstar.core.records import Grade, Outcome
from northstar.metrics.spread import interval_of_rows


@dataclass(slots=True)
class BenchmarkCounters:
    """Counts over all seeds and chunks of one benchmark in this run."""

    total: int = 0
    """Samples."""
    generated: int = 0
    graded: int = 0
    finished: int = 0
    """Samples whose output was complete before this run; they are in no journal."""
    score: float = 0.0
    score_name: str = ""
    errors: int = 0
    """Generations that hold an error instead of an answer (out of context, refused)."""
    out_of_context: int = 0
    """Errors whose prompt did not fit the model's context."""
    reduced: int = 0
    """Generations whose token limit was lowered to fit the context."""
    open: int = 0
    """Samples without an answer in this run; the next run asks them again."""
    ungraded: int = 0
    """Gradings that timed out or crashed."""
    unverified: int = 0
    """Graded answers whose verifier lacks something here (`ungraded` in the record); they have no score."""
    unscored: int = 0
    """Grades without a score, where only a judge gives one."""
    tools_lost: int = 0
    """Samples whose simulated tools were lost on every try; the next run goes on with them."""
    grades_lost: int = 0
    """Answers whose grading was lost on every try; the next run grades them."""
    unparsed: int = 0
    """Judgements that say neither yes nor no."""
    tokens: int = 0
    growth: str = ""
    """Of a range of seeds: how well the mean is known, and about how many seeds it still takes."""
    row_graded: dict[int, int] = field(default_factory=dict)
    """Row → how often it was graded, over all seeds."""
    row_scores: dict[int, float] = field(default_factory=dict)
    """Row → the sum of these scores."""
    _interval: tuple[int, tuple[float, float] | None] = field(default=(0, None), compare=False)
    """How many were graded when the interval was computed, and what it was."""
    expected: int = 0
    """Samples of seeds that are expected and not begun; they are not among `total`."""

    def skip(self, samples: int) -> None:
        """Count samples whose output is complete."""
        self.total += samples
        self.generated += samples
        self.finished += samples

    def count_generation(self, generation: Outcome) -> None:
        """Count a generation, or the error in its place."""
        self.generated += 1
        self.tokens += generation.num_generated_tokens or 0
        self.errors += generation.error is not None
        self.out_of_context += generation.out_of_context
        self.reduced += generation.reduced_to is not None

    def count_grade(self, row: int, grade: Grade) -> None:
        """Count the grade of a row's answer, and add its `score_name` to the score."""
        self.graded += 1
        self.ungraded += "grading_error" in grade
        self.unparsed += "judge_unparsed" in grade
        value = None if "ungraded" in grade else grade.get(self.score_name)
        self.unverified += "ungraded" in grade
        self.unscored += self.score_name not in grade and "ungraded" not in grade
        if isinstance(value, (bool, int, float)):
            self.score += value
            self.row_graded[row] = self.row_graded.get(row, 0) + 1
            self.row_scores[row] = self.row_scores.get(row, 0.0) + value

    @property
    def to_answer(self) -> int:
        """Samples that this run has still to answer."""
        return self.total - self.generated - self.open - self.tools_lost

    @property
    def to_grade(self) -> int:
        """Answers that this run has still to grade."""
        return self.generated - self.finished - self.graded - self.grades_lost

    @property
    def scored(self) -> int:
        """Graded answers that have a score."""
        return self.graded - self.unverified - self.unscored

    @property
    def accuracy(self) -> float | None:
        """Mean score of the scored answers, 0..1; None before the first, or if grading gives none (a judge will)."""
        return self.score / self.scored if self.scored else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95% interval of `accuracy`, clustered by row; None for less than two rows, or scores beyond 0..1."""
        if len(self.row_scores) < 2 or self.accuracy is None or not 0 <= self.accuracy <= 1:
            return None
        known = self._interval[0]
        if self.graded > known + known // 200 or (self.graded > known and self.to_grade <= 0):  # displays ask often
            rows = len(self.row_scores)
            graded, score = (np.fromiter(of.values(), np.float64, rows) for of in (self.row_graded, self.row_scores))
            self._interval = self.graded, interval_of_rows(score / graded, graded, int(graded.sum()))
        return self._interval[1]
