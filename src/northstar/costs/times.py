"""When the answers of a run were generated, and what their records say of it that can't be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from northstar.core.errors import NorthstarError
from northstar.core.parsing import Malformed, parsed
from northstar.core.regular import check_regular
from northstar.metrics.arrays import FloatArray
from northstar.results.layout import OutputFile, results_folder
from northstar.results.state import current_files, output_files


@dataclass(frozen=True)
class AnswerTimes:
    """When answers were generated.

    Attributes:
        spans: [n, 2] start and end in Unix seconds; all of a kind.
        untimed: Answers without a start or an end.
        backwards: Answers that end before they start.
        unread: Lines and files that can't be read.
    """

    spans: FloatArray
    untimed: int = 0
    backwards: int = 0
    unread: int = 0


def answer_times(starts: FloatArray, ends: FloatArray, unread: int = 0) -> AnswerTimes:
    """Sort out the times that can be: [n] each; 0, negative, NaN and infinite ones are none.

    >>> answer_times(np.array([5.0, 0.0, 9.0]), np.array([6.0, 7.0, 8.0]))
    AnswerTimes(spans=array([[5., 6.]]), untimed=1, backwards=1, unread=0)
    """
    timed = np.isfinite(starts) & np.isfinite(ends) & (starts > 0) & (ends > 0)
    usable = timed & (ends >= starts)
    spans = np.stack([starts[usable], ends[usable]], axis=1)
    return AnswerTimes(spans, int((~timed).sum()), int((timed & ~usable).sum()), unread)


class _Times(msgspec.Struct):
    generation_start_time: float | None = None
    generation_end_time: float | None = None


class _Line(msgspec.Struct):
    row: int = -1
    generation: _Times | None = None


_record = msgspec.json.Decoder(_Times).decode
_line = msgspec.json.Decoder(_Line).decode


def read_answer_times(output_dir: Path, known: Mapping[Path, FloatArray] | None = None) -> AnswerTimes:
    """Read the times of all answers of a run, also of unfinished seeds; counts what can't be read.

    Args:
        output_dir: Of the run.
        known: Files that need not be read → start and end of each answer, [n, 2]; 0 where unknown.
    """
    root = results_folder(output_dir)
    folders = sorted(child for child in root.iterdir() if child.is_dir()) if root.is_dir() else []
    times: list[FloatArray] = [np.empty((0, 2))]
    unread = 0
    for folder in folders:
        for file in current_files(output_files(folder)):
            found = (known or {}).get(file.path)
            if found is None:
                found, lost = _times_in(file)
                unread += lost
            times.append(found)
    both = np.concatenate(times)
    return answer_times(both[:, 0], both[:, 1], unread)


def _times_in(file: OutputFile) -> tuple[FloatArray, int]:
    """Return start and end of each answer in a file, and how many lines are none."""
    found: dict[int, tuple[float, float]] = {}
    unread = 0
    try:
        check_regular(file.path)
        with file.path.open("rb", buffering=1 << 20) as lines:
            for number, text in enumerate(lines):
                try:
                    times = None
                    if not file.is_journal:
                        row, times = number, parsed(text, _record)
                    elif number and text.endswith(b"\n"):  # the first is its header, and the last may be being written
                        line = parsed(text, _line)
                        row, times = line.row, line.generation
                    if times is not None:
                        found[row] = times.generation_start_time or 0.0, times.generation_end_time or 0.0
                except Malformed:
                    unread += 1
    except (OSError, NorthstarError):
        unread += 1
    return np.array(list(found.values()), dtype=np.float64).reshape(-1, 2), unread
