"""The numbers of metrics.json as a flat list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from northstar.exporting.exported import Run

_SHARES = "_statistics"


@dataclass(frozen=True)
class Number:
    """One number.

    Attributes:
        subset: Of which rows; '' for all.
        judge: By which judge; '' for the first, or none.
        metric: 'symbolic_correct', 'symbolic_correct_statistics.ci95.0', 'overall_accuracy.accuracy', …
    """

    benchmark: str
    subset: str
    judge: str
    mode: str
    metric: str
    value: float

    @property
    def name(self) -> str:
        """The number's name in a list of all: 'aime24/pass@1[avg-of-4]/symbolic_correct'."""
        of = [
            self.benchmark,
            *(f"{key}={each}" for key, each in (("subset", self.subset), ("judge", self.judge)) if each),
        ]
        return "/".join([*of, self.mode, self.metric])


def numbers_of(run: Run) -> Iterator[Number]:
    """Yield every number of every benchmark; those that are null are left out."""
    for part in run.parts:
        yield from _of_modes(part.name, "", "", part.modes)
        for subset, modes in part.metrics.get("subsets", {}).items():
            yield from _of_modes(part.name, subset, "", modes)
        first = True
        for judge, modes in part.metrics.get("judges", {}).items():
            if not first:  # the first judge's are the benchmark's own
                yield from _of_modes(part.name, "", judge, modes)
            first = False


def main_numbers(run: Run) -> Iterator[Number]:
    """Yield those of all rows by the first judge, without statistics: what a table of runs is to show."""
    for number in numbers_of(run):
        if not number.subset and not number.judge and _SHARES not in number.metric:
            yield number


def _of_modes(benchmark: str, subset: str, judge: str, modes: Mapping[str, Any]) -> Iterator[Number]:
    for mode, values in modes.items():
        for metric, value in _leaves(values):
            yield Number(benchmark, subset, judge, mode, metric, value)


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, float]]:
    if isinstance(value, Mapping):
        items: Sequence[tuple[Any, Any]] = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    else:
        if isinstance(value, int | float) and not isinstance(value, bool):
            yield path, float(value)
        return
    for key, inner in items:
        yield from _leaves(inner, f"{path}.{key}" if path else str(key))
