"""What a bundle says of rows: all of them, or of those that must not be published an id and a hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from northstar.benchmarks.loading import open_rows
from northstar.core.errors import NorthstarError
from northstar.core.records import Generation, Row
from northstar.data.rows import RowFile
from northstar.results.judgement_files import FIELDS as JUDGED
from northstar.results.outputs import IMPORTED
from northstar.task.benchmark import Benchmark

HASH, HASHED = "row_sha256", "row_fields"
"""The fields of a record whose row is not in the bundle: the hash, and the names of the row's fields that it is of."""
_OF_JUDGEMENTS = ("expected_answer", "predicted_answer", "judgement", "reasoning")
"""What may quote a row."""


def row_fields(record: Mapping[str, Any], benchmark: Benchmark) -> list[str]:
    """Return the names of a record's fields that are its row's: neither the generation's nor the grade's."""
    metrics = benchmark.metrics
    ours = {*Generation.__struct_fields__, *JUDGED, *metrics.scores, metrics.answer, "grading_error"}
    ours |= {metrics.weight, IMPORTED, HASH, HASHED}
    return [name for name in record if name not in ours]


def published(record: dict[str, Any], benchmark: Benchmark) -> dict[str, Any]:
    """Return a record without its row, but for the id and the name of its subset."""
    fields = row_fields(record, benchmark)
    kept = ("id", benchmark.metrics.subset)
    rest = {name: value for name, value in record.items() if name in kept or name not in (*fields, "judgement")}
    return rest | {HASH: row_hash(record, fields), HASHED: fields}


def published_judgement(line: dict[str, Any]) -> dict[str, Any]:
    """Return a judgement without what may quote the row: of its text, the verdict alone."""
    kept = {name: value for name, value in line.items() if name not in _OF_JUDGEMENTS}
    if (text := line.get("judgement")) is None:
        return kept
    correct = line.get("judge_correct")
    label = line.get("judge_label", "Yes" if correct else "No")
    verdict = "…" if correct is None else f"Judgement: {label}"
    return kept | {"judgement": verdict if str(text).strip() else text}


def row_hash(row: Mapping[str, Any], fields: Sequence[str]) -> str:
    """Return a checksum of these fields of a row."""
    text = json.dumps({name: row.get(name) for name in sorted(fields)}, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class PreparedRows:
    """The prepared rows of a split on this machine, by id; `sha256` of their file."""

    def __init__(self, file: RowFile) -> None:
        self._file = file
        self.sha256 = file.sha256
        self._numbers = {file.row(number)["id"]: number for number in range(len(file))}

    @classmethod
    def open(cls, benchmark: Benchmark, split: str, data_dir: Path) -> PreparedRows | None:
        """Return the rows; None if the split is not prepared here."""
        try:
            return cls(open_rows(benchmark, split, data_dir, None))
        except NorthstarError:  # not prepared, or of a split that this version does not know
            return None

    def __len__(self) -> int:
        return len(self._numbers)

    def close(self) -> None:
        self._file.close()

    def row(self, name: Any) -> Row | None:
        number = self._numbers.get(name) if isinstance(name, str | int) else None
        return None if number is None else self._file.row(number)

    def of(self, record: Mapping[str, Any]) -> Row | None:
        """Return the row that a published record is of; None if it is not here, or another."""
        row, fields = self.row(record.get("id")), record.get(HASHED)
        if row is None or not isinstance(fields, list) or not all(isinstance(name, str) for name in fields):
            return None
        return row if row_hash(row, fields) == record.get(HASH) else None
