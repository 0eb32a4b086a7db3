"""Counts what a run has done of one benchmark, as it happens."""

from __future__ import annotations

from dataclasses import dataclass

from northstar.core.records import Grade, Outcome


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
    tools_lost: int = 0
    """Samples whose simulated tools were lost on every try; the next run goes on with them."""
    grades_lost: int = 0
    """Answers whose grading was lost on every try; the next run grades them."""
    unparsed: int = 0
    """Judgements that say neither yes nor no."""
    tokens: int = 0
    growth: str = ""
    """Of a range of seeds: how well the mean is known, and about how many seeds it still takes."""
    expected: int = 0
    """Samples of seeds that are expected and not begun; they are not among `total`."""

    def count_generation(self, generation: Outcome) -> None:
        """Count a generation, or the error in its place."""
        self.generated += 1
        self.tokens += generation.num_generated_tokens or 0
        self.errors += generation.error is not None
        self.out_of_context += generation.out_of_context
        self.reduced += generation.reduced_to is not None

    def count_grade(self, grade: Grade) -> None:
        """Count a grade, and add its `score_name` to the score."""
        self.graded += 1
        self.ungraded += "grading_error" in grade
        self.unparsed += "judge_unparsed" in grade
        value = grade.get(self.score_name)
        if isinstance(value, (bool, int, float)):
            self.score += value

    @property
    def to_grade(self) -> int:
        """Answers that this run has still to grade."""
        return self.generated - self.finished - self.graded - self.grades_lost

    @property
    def accuracy(self) -> float | None:
        """Mean score of the graded answers, 0..1; None before the first."""
        return self.score / self.graded if self.graded else None
