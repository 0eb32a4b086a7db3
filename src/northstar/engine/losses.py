"""Gradings, and calls of simulated tools, that were lost one after the other: then something kills all of them."""

from __future__ import annotations

from collections import Counter

from northstar.core.errors import NorthstarError
from northstar.task.grader import ComputeLost

MOST_IN_A_ROW = 20


class Losses:
    """Counts by benchmark: the processes of one may be well where another's are not.

    Each loss is known only after some tries: hundred thousands of answers would take hours to say the same.
    """

    def __init__(self) -> None:
        self._in_a_row: Counter[str] = Counter()

    def too_many(self, benchmark: str) -> bool:
        return self._in_a_row[benchmark] >= MOST_IN_A_ROW

    def graded(self, benchmark: str) -> None:
        """What the benchmark needs is there."""
        self._in_a_row[benchmark] = 0

    def lost(self, benchmark: str, loss: ComputeLost) -> NorthstarError | None:
        """What ends the run, if there are too many now."""
        self._in_a_row[benchmark] += 1
        if not self.too_many(benchmark):
            return None
        return NorthstarError(
            f"{self._in_a_row[benchmark]} times in a row the process that worked on an answer to {benchmark} was lost "
            f"({loss}). What is done is kept; give this machine more memory or less to do (++grading_workers=1), then "
            "run the same command again to go on."
        )
