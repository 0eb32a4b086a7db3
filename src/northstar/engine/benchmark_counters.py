"""What was done so far of one benchmark, counted as it happens."""

from __future__ import annotations

from dataclasses import dataclass

from northstar.core.records import Grade, Outcome


@dataclass(slots=True)
class BenchmarkCounters:
    """Counts over all seeds and chunks of one benchmark in this job. total: samples."""

    total: int = 0
    generated: int = 0
    graded: int = 0
    finished: int = 0
    """Samples that are in no journal: their output was whole before."""
    score: float = 0.0
    score_name: str = ""
    errors: int = 0
    """Generations that hold an error instead of an answer (out of context, refused)."""
    out_of_context: int = 0
    """Those of them that did not fit the model's context."""
    reduced: int = 0
    """Generations that were given fewer tokens than asked for, to fit the context."""
    open: int = 0
    """Samples that got no answer in this run and are asked again by the next."""
    ungraded: int = 0
    """Gradings that were stopped at their time limit or died."""
    tools_lost: int = 0
    """Samples whose simulated tools were lost each time; the next run goes on with them."""
    grades_lost: int = 0
    """Answers without a grade, since what graded them was lost each time; the next run grades them."""
    unparsed: int = 0
    """Judgements that say neither yes nor no."""
    tokens: int = 0

    def count_generation(self, generation: Outcome) -> None:
        """One more generation, or an error in its place."""
        self.generated += 1
        self.tokens += generation.num_generated_tokens or 0
        self.errors += generation.error is not None
        self.out_of_context += generation.out_of_context
        self.reduced += generation.reduced_to is not None

    def count_grade(self, grade: Grade) -> None:
        """One more grade; the benchmark's first score is what `accuracy` is of."""
        self.graded += 1
        self.ungraded += "grading_error" in grade
        self.unparsed += "judge_unparsed" in grade
        value = grade.get(self.score_name)
        if isinstance(value, (bool, int, float)):
            self.score += value

    @property
    def to_grade(self) -> int:
        """Answers of which this run has still to find a grade."""
        return self.generated - self.finished - self.graded - self.grades_lost

    @property
    def accuracy(self) -> float | None:
        """Mean score of what has been graded, 0..1."""
        return self.score / self.graded if self.graded else None
