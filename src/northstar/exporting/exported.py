"""What is exported: a run, and the records of each of its benchmarks, one at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from northstar.benchmarks.choosing import is_unpublished
from northstar.benchmarks.registry import find_known
from northstar.core.errors import NorthstarError
from northstar.core.regular import check_regular
from northstar.provenance.provenance import described
from northstar.provenance.results_name import results_name
from northstar.reports.summarize import benchmark_folders, summarize_results
from northstar.results.layout import RUN_JSON, output_dir_of, output_file
from northstar.results.record_lines import parsed_record
from northstar.results.run_json import read_run_json
from northstar.results.state import find_outputs
from northstar.task.benchmark import Benchmark

_BESIDE = ("subsets", "judges", "panel", "agreement", "usage", "answers")
"""What stands beside the modes in metrics.json, and is an object as they are."""
_decode = msgspec.json.Decoder(dict[str, Any]).decode


@dataclass(frozen=True)
class Part:
    """One benchmark of a run.

    Attributes:
        known: The benchmark; None if nobody knows it.
        files: The complete outputs, the greedy one first; empty where its records are left out.
        metrics: Mode → numbers, as in metrics.json.
        settings: What its seeds, or else its greedy generation, were asked and graded with.
    """

    name: str
    known: Benchmark | None
    files: tuple[Path, ...]
    metrics: Mapping[str, Any]
    settings: Mapping[str, Any]

    @property
    def modes(self) -> dict[str, Mapping[str, Any]]:
        """The numbers by mode, without what stands beside them in metrics.json."""
        return {name: mode for name, mode in self.metrics.items() if isinstance(mode, Mapping) and name not in _BESIDE}

    def records(self) -> Iterator[tuple[int | None, dict[str, Any]]]:
        """Yield each record with its seed, None for the greedy generation. Raises NorthstarError."""
        for file in self.files:
            for record in records_in(file):
                yield seed_of(file), record


@dataclass(frozen=True)
class Run:
    """A run to export.

    Attributes:
        folder: The output folder; of results that stand alone, theirs.
        stored: The content of run.json.
        notes: What is left out.
    """

    folder: Path
    parts: tuple[Part, ...]
    stored: Mapping[str, Any]
    notes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def last(self) -> Mapping[str, Any]:
        """The last run of run.json; empty where there is none."""
        runs: Sequence[Mapping[str, Any]] = self.stored.get("runs", ())
        return runs[-1] if runs else {}

    @property
    def settings(self) -> dict[str, Any]:
        """The settings of all benchmarks: 'aime24/inference.temperature' → value."""
        return {f"{part.name}/{key}": value for part in self.parts for key, value in part.settings.items()}


def seed_of(file: Path) -> int | None:
    """Return the seed of an output."""
    found = output_file(file)
    assert found is not None
    return found.seed


def records_in(file: Path) -> Iterator[dict[str, Any]]:
    """Yield the records of an output. Raises NorthstarError."""
    check_regular(file)
    try:
        with file.open("rb", buffering=1 << 18) as lines:
            for number, line in enumerate(lines, start=1):
                yield parsed_record(file, number, line, _decode)
    except OSError as error:
        raise NorthstarError(f"cannot read {file}: {error.strerror}.") from None


def read_run(path: Path, *, benchmarks: str | Sequence[str] | None, extra: Sequence[Path], include_gated: bool) -> Run:
    """Find what there is to export; writes nothing.

    Raises:
        UsageError: The run lacks a benchmark that is asked for.
        NorthstarError: There are no results, or they can't be read.
    """
    summary = summarize_results(path, benchmarks=benchmarks, extra_benchmarks=extra, write=False)
    if not summary.metrics:
        raise NorthstarError(f"{path} has no complete results yet. {' '.join(summary.notes)}")
    folders = benchmark_folders(path, list(summary.metrics))
    output_dir = output_dir_of(folders[0])
    parts: list[Part] = []
    notes = [*summary.failures, *summary.notes]
    for folder in folders:
        outputs = find_outputs(folder)
        files = (*(() if outputs.greedy is None else (outputs.greedy,)), *outputs.seeds)
        name = results_name(folder.name, seed_of(files[-1]))
        settings = {key: value for key, value in described(output_dir, name).items() if value is not None}
        if not include_gated and is_unpublished(folder.name, extra):
            files = ()
            notes.append(
                f"{folder.name}: its authors ask not to publish its rows, so its records are left out; "
                "--include_gated exports them."
            )
        parts.append(Part(folder.name, find_known(folder.name, extra), files, summary.metrics[folder.name], settings))
    stored = {} if output_dir is None else read_run_json(output_dir / RUN_JSON)
    return Run(output_dir or path, tuple(parts), stored, tuple(notes))
