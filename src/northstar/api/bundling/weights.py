"""Compares how much each generation counts: a bundle's number of parts has to be the grader's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from northstar.results.record_lines import parsed_record
from northstar.results.regradings import is_of
from northstar.results.state import output_files

_decode = msgspec.json.Decoder(dict[str, Any]).decode


def other_weights(folder: Path, regraded: Path, weight: str) -> int:
    """Return how many records have another number of parts, the field `weight`, than their new grades."""
    return sum(
        before.get(weight) != after.get(weight)
        for output in output_files(folder)
        if output.is_whole and is_of(output.path, regraded / output.path.name)
        for before, after in zip(_records(output.path), _records(regraded / output.path.name), strict=True)
    )


def _records(file: Path) -> Iterator[dict[str, Any]]:
    with file.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            yield parsed_record(file, number, line, _decode)
