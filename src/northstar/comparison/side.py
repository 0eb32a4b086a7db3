"""One side of a comparison: a run's results of one benchmark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from northstar.benchmarks.registry import find_known
from northstar.core.errors import NorthstarError
from northstar.metrics.arrays import IntArray
from northstar.metrics.row_means import RowMean
from northstar.metrics.scores import Scores
from northstar.provenance.provenance import described
from northstar.provenance.results_name import JUDGED_BY, REGRADED_AS
from northstar.reports.read import Results
from northstar.reports.summing import counted_results, regraded_results
from northstar.results.layout import output_dir_of, regraded_folder
from northstar.results.state import find_outputs
from northstar.task.metrics import Metrics


@dataclass(frozen=True)
class Side:
    """What one run has of a benchmark.

    Attributes:
        run: The name that the run has in this comparison.
        settings: What the results were asked and graded with, as run.json holds it; empty where there is none.
        judge: The main judge; '' where nothing is judged.
        uncounted: A sentence for everything that is left out.
    """

    run: str
    metrics: Metrics
    results: Results
    settings: Mapping[str, Any]
    judge: str
    uncounted: tuple[str, ...]

    @property
    def scores(self) -> Scores:
        return self.results.scores

    def row_means(self, rows: IntArray) -> dict[str, RowMean]:
        """Return the metrics over the rows at these positions, in their order."""
        scores, labels = self.scores, self.scores.labels
        chosen = scores.of_rows(rows)
        if labels is not None:
            chosen = replace(chosen, labels=[labels[row] for row in rows])
        return self.metrics.row_means(chosen)


def read_side(run: str, folder: Path, extra: Sequence[Path], regrading: str = "") -> Side:
    """Read a run's results of one benchmark: those of its seeds, or the greedy ones where there are no others.

    Args:
        run: The name that the run has in this comparison.
        folder: The benchmark's folder.
        extra: Files of one's own benchmarks.
        regrading: The name of the new grades to count; '' for the run's own.

    Raises:
        NorthstarError: Nothing is complete, a file is damaged, or a row has no id.
    """
    outputs = find_outputs(folder)
    files = outputs.counted
    if not files:
        raise NorthstarError(f"{folder} holds no complete outputs; {' '.join(outputs.notes)}")
    uncounted = list(outputs.notes)
    known = find_known(folder.name, extra)
    if regrading:
        place = regraded_folder(folder, regrading)
        again = regraded_results(place, files, known, None, uncounted, with_texts=False)
        if again is None:
            raise NorthstarError(f"{place} has no grades of these outputs; the same ns regrade makes them.")
        judge, counted = "", again
    else:
        by_judge = counted_results(folder, files, known, None, uncounted, with_texts=False)
        judge, counted = next(iter(by_judge.items()))
    if None in counted.results.ids:
        line = counted.results.ids.index(None) + 1
        raise NorthstarError(f"{files[0]}, line {line}: the row has no id, by which rows are paired.")
    output_dir = output_dir_of(folder)
    settings = dict(described(output_dir, counted.name.partition(REGRADED_AS)[0]))
    if regrading:
        settings = {key: value for key, value in settings.items() if not key.startswith("grader.")}
        settings |= described(output_dir, counted.name)
    if judge:
        asked = described(output_dir, f"{counted.name}{JUDGED_BY}{judge}")
        settings |= {f"judge {key}": value for key, value in asked.items()}
    return Side(run, counted.metrics, counted.results, settings, judge, tuple(uncounted))


def common_rows(first: Side, second: Side) -> tuple[IntArray, IntArray]:
    """Return the positions of the rows that both have, in the first's order, in each of them."""
    there = {str(name): position for position, name in enumerate(second.results.ids)}
    pairs = [(position, there[str(name)]) for position, name in enumerate(first.results.ids) if str(name) in there]
    both = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return both[:, 0], both[:, 1]
