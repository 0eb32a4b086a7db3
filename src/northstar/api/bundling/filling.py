"""Makes of a bundle's records an output folder to grade: with their rows, and without what can't be checked here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from northstar.api.bundling.rows import HASH, HASHED, PreparedRows, row_fields
from northstar.core.text import counted
from northstar.data.attachments import Attachments, references_in
from northstar.data.environment import environment_folder, python_of
from northstar.provenance.provenance import described
from northstar.provenance.results_name import results_name
from northstar.results.layout import benchmark_folder
from northstar.results.record_lines import parsed_record
from northstar.results.state import output_files
from northstar.sandbox.environment import found_environment
from northstar.task.benchmark import Benchmark

_decode = msgspec.json.Decoder(dict[str, Any]).decode
_encode = msgspec.json.Encoder().encode
MOST_NAMED = 3


@dataclass
class Filled:
    """What of a benchmark can be checked.

    Attributes:
        records: How many the bundle has.
        unchecked: Why some can't be graded here → how many.
        otherwise: Rows that differ from those prepared here, a sentence each.
        notes: What else to know.
    """

    records: int = 0
    unchecked: Counter[str] = field(default_factory=Counter)
    otherwise: dict[str, None] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def to_grade(self) -> int:
        return self.records - self.unchecked.total()


def fill(claimed: Path, check: Path, name: str, benchmark: Benchmark, data_dir: Path) -> Filled:
    """Write the records of a benchmark that can be graded here into the output folder `check`. Raises NorthstarError.

    `claimed`: the output folder that was unpacked.
    """
    filled, few = Filled(), dict[str, None]()
    settings = described(claimed, results_name(name, 0)) or described(claimed, results_name(name, None))
    split = str(settings.get("split") or benchmark.splits.default)
    prepared = PreparedRows.open(benchmark, split, data_dir)
    compared = prepared is not None and prepared.sha256 == settings.get("data_sha256")
    if prepared is not None and not compared:
        filled.notes.append(f"the rows of {name} that are prepared here are of another revision: not compared")
    elif prepared is None and not benchmark.unpublished:
        filled.notes.append(f"no rows of {name} are prepared here to compare its reference answers with")
    try:
        maker = _Maker(benchmark, prepared, compared, Attachments(data_dir), _why_none(benchmark, data_dir), filled)
        for output in output_files(benchmark_folder(claimed, name)):
            target = benchmark_folder(check, name) / output.path.name
            target.parent.mkdir(parents=True, exist_ok=True)
            rows = maker.write(output.path, target)
            if prepared is not None and rows < len(prepared):
                few[f"{rows} of {counted(len(prepared), 'row')} of split {split[:100]}"] = None
        filled.notes += few
    finally:
        if prepared is not None:
            prepared.close()
    return filled


def _why_none(benchmark: Benchmark, data_dir: Path) -> str:
    """Return why nothing of a benchmark can be graded here without a download; '' if it can be."""
    helper = benchmark.helper
    lacks_checkers = helper is not None and not python_of(environment_folder(helper.environment, data_dir)).exists()
    if lacks_checkers or (benchmark.programs != "none" and found_environment() is None):
        return f"what grades it isn't here: ns prepare_data {benchmark.whole_name}"
    return ""


@dataclass(frozen=True)
class _Maker:
    benchmark: Benchmark
    prepared: PreparedRows | None
    compared: bool
    attachments: Attachments
    why_none: str
    filled: Filled

    def write(self, output: Path, target: Path) -> int:
        """Write the records that can be graded, no file if there are none; return how many records there are."""
        written = number = 0
        with output.open("rb") as lines, target.open("xb") as out:
            for number, line in enumerate(lines, start=1):
                self.filled.records += 1
                record = self._whole(parsed_record(output, number, line, _decode))
                if isinstance(record, str):
                    self.filled.unchecked[record] += 1
                else:
                    out.write(_encode(record) + b"\n")
                    written += 1
        if not written:
            target.unlink()
        return number

    def _whole(self, record: dict[str, Any]) -> dict[str, Any] | str:
        """Return a record with its row, or why it can't be graded here."""
        if self.why_none:
            return self.why_none
        if HASH in record or HASHED in record:
            row = self.prepared.of(record) if self.prepared is not None else None
            if row is None:
                return self._without_row(record)
            # The row's fields come last: the bundle may hold others of these names.
            fields = {name: row[name] for name in row_fields(row, self.benchmark)}
            record = {name: value for name, value in record.items() if name not in (HASH, HASHED)} | fields
        elif self.compared and self.prepared is not None:
            self._compare(record, self.prepared.row(record.get("id")))
        if lacking := [name for name in ("id", *self.benchmark.needs) if name not in record]:
            self.filled.otherwise[f"a record has no {lacking[0]}"] = None
            return f"a record has no {lacking[0]}"
        if not all(
            map(
                self.attachments.has, references_in({name: record[name] for name in row_fields(record, self.benchmark)})
            )
        ):
            return f"its tests aren't here: ns prepare_data {self.benchmark.whole_name}"
        return record

    def _without_row(self, record: Mapping[str, Any]) -> str:
        """Return why a record whose row is hidden can't be graded; it is a difference where ns bundle hides none."""
        name = self.benchmark.whole_name
        if not self.benchmark.unpublished:
            self.filled.otherwise[f"its records hide their rows, and those of {name} are in every bundle"] = None
            return "a hash stands for its rows"
        if self.compared:
            self._differs(f"row {record.get('id')!r} has another hash than the one prepared here")
        if self.prepared is None:
            return f"its rows aren't in the bundle, nor prepared here: ns prepare_data {self.benchmark.name}"
        return "its rows aren't in the bundle, and those prepared here are others"

    def _compare(self, record: Mapping[str, Any], row: Mapping[str, Any] | None) -> None:
        name = record.get("id")
        if row is None:
            self._differs(f"row {name!r} is not among those prepared here")
            return
        fields = [each for each in row_fields(record, self.benchmark) if each in row]
        if other := next((each for each in fields if record[each] != row[each]), None):
            self._differs(f"row {name!r} has another {other} than the one prepared here")

    def _differs(self, how: str) -> None:
        if len(self.filled.otherwise) < MOST_NAMED:
            self.filled.otherwise[how] = None
