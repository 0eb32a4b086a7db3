"""`summarize_results`: from output files to numbers, metrics.json and tables."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

from northstar.benchmarks.registry import benchmark_names, find_benchmark
from northstar.data.atomic import whole_file
from northstar.errors import NorthstarError, UsageError, did_you_mean
from northstar.metrics.answers import AnswerMetrics
from northstar.reports.read import find_outputs, read_scores
from northstar.reports.table import Cells, cells_of, csv_table, markdown_table, text_table

AnyPath = str | PathLike[str]
_KNOWN_SCORES = ("judge_correct", "symbolic_correct", "accuracy")


@dataclass(frozen=True)
class Summary:
    """metrics: benchmark → mode → numbers, as in metrics.json. notes: what is not counted, and why."""

    metrics: Mapping[str, Mapping[str, Mapping[str, Any]]]
    shown: Mapping[str, Sequence[str]]
    notes: tuple[str, ...] = ()

    @property
    def tables(self) -> dict[str, Cells]:
        """Benchmark → header and lines, as text."""
        return {name: cells_of(modes, self.shown[name]) for name, modes in self.metrics.items()}

    def text(self) -> str:
        """The tables as printed."""
        return "\n\n".join(text_table(name, cells) for name, cells in self.tables.items())

    def markdown(self) -> str:
        return "\n\n".join(markdown_table(name, cells) for name, cells in self.tables.items())

    def csv(self) -> str:
        return csv_table(self.tables)

    def json(self) -> str:
        return json.dumps(self.metrics, indent=2)

    def _repr_markdown_(self) -> str:
        return self.markdown()


def summarize_results(
    path: AnyPath, *, benchmarks: Sequence[str] | None = None, max_samples: int | None = None
) -> Summary:
    """Metrics of the complete outputs in an output folder, its eval-results, or one benchmark's folder.

    Writes metrics.json beside them, unless max_samples (only the first rows) is given. Raises NorthstarError.

    >>> print(northstar.summarize_results("out").text())  # doctest: +SKIP
    """
    if max_samples is not None and max_samples < 1:
        raise UsageError(f"--max_samples={max_samples} must be 1 or more.")
    folders = _folders(Path(path).expanduser().absolute(), benchmarks)
    metrics: dict[str, dict[str, Any]] = {}
    shown: dict[str, list[str]] = {}
    notes: list[str] = []
    for folder in folders:
        modes, lines, said = _summed_up(folder, max_samples)
        notes += said
        if modes:
            metrics[folder.name], shown[folder.name] = modes, lines
    if max_samples is None:
        notes += _write(folders, metrics)
    return Summary(metrics, shown, tuple(notes))


def _summed_up(folder: Path, max_samples: int | None) -> tuple[dict[str, Any], list[str], list[str]]:
    outputs = find_outputs(folder)
    modes: dict[str, Any] = {}
    shown: list[str] = []
    for files in ((outputs.greedy,) if outputs.greedy else (), outputs.seeds):
        if files:
            metrics = _metrics_of(folder.name, files[0])
            found = metrics.compute(read_scores(files, metrics, max_samples))
            names = metrics.shown(len(files))
            if modes and names == ["pass@1"]:  # one seed beside the greedy generation
                found, names = {"pass@1[avg-of-1]": found["pass@1"]}, ["pass@1[avg-of-1]"]
            modes |= found
            shown += names
    return modes, shown, list(outputs.notes)


def _folders(path: Path, wanted: Sequence[str] | None) -> list[Path]:
    """The benchmark folders that `path` means, in the order wanted, else by name."""
    if not path.is_dir():
        raise UsageError(f"there is no folder {path}.")
    root = path / "eval-results" if (path / "eval-results").is_dir() else path
    found = [root] if _is_benchmark(root) else sorted(child for child in root.iterdir() if _is_benchmark(child))
    if not found:
        raise NorthstarError(f"no results in {path}: it should be the --output_dir of ns eval, or lie in it.")
    if wanted is None:
        return found
    by_name = {folder.name: folder for folder in found}
    for name in wanted:
        if name not in by_name:
            raise UsageError(
                f"--benchmarks: {root} has no results of '{name}'.{did_you_mean(name, by_name)} "
                f"It has {', '.join(by_name)}."
            )
    return [by_name[name] for name in wanted]


def _is_benchmark(folder: Path) -> bool:
    return folder.is_dir() and any(
        file.name.startswith("output") and ".jsonl" in file.name for file in folder.iterdir() if file.is_file()
    )


def _metrics_of(benchmark: str, file: Path) -> AnswerMetrics:
    """The benchmark's own metrics; for one that isn't known here, what its first record holds."""
    if benchmark in benchmark_names():
        return find_benchmark(benchmark).metrics
    with file.open("rb") as lines:
        first = lines.readline()
    try:
        fields = json.loads(first) if first else {}
    except ValueError as error:
        raise NorthstarError(f"{file}, line 1: not a record ({error}).") from None
    scores = [name for name in _KNOWN_SCORES if name in fields]
    if not scores:
        raise NorthstarError(f"{file} holds no score that is known here ({', '.join(_KNOWN_SCORES)}).")
    return AnswerMetrics(*scores, answer="predicted_answer" if "predicted_answer" in fields else None)


def _write(folders: Sequence[Path], metrics: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """metrics.json of each benchmark, and of all in eval-results. A folder that can't be written is a note."""
    try:
        for folder in folders:
            if folder.name in metrics:
                _write_json(folder / "metrics.json", {folder.name: metrics[folder.name]})
        whole = folders[0].parent / "metrics.json"
        _write_json(whole, _read_json(whole) | dict(metrics))
    except NorthstarError as error:
        return [f"metrics.json was not written: {error}"]
    return []


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    with whole_file(path) as file:
        file.write(json.dumps(content, indent=2).encode() + b"\n")


def _read_json(path: Path) -> dict[str, Any]:
    try:
        held = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return held if isinstance(held, dict) else {}
