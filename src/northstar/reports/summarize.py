"""`summarize_results`: from output files to numbers, metrics.json and tables."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from northstar.benchmarks.registry import find_known
from northstar.data.atomic import whole_file
from northstar.engine.lock import locked
from northstar.engine.output_files import output_files, parsed_record
from northstar.engine.provenance import kind_of, known_by_name_only, rows_asked
from northstar.engine.unit import results_folder
from northstar.errors import NorthstarError, UsageError, did_you_mean
from northstar.metrics.answers import AnswerMetrics
from northstar.metrics.categories import CategoryMetrics
from northstar.metrics.metrics import Metrics
from northstar.parsing import Malformed, parsed_json
from northstar.paths import AnyPath
from northstar.reports.judges import find_judgements, judged_by
from northstar.reports.read import NO_USAGE, Results, Usage, find_outputs, read_results
from northstar.reports.summary import Shown, Summary
from northstar.text import counted

_KNOWN_SCORES = ("judge_correct", "symbolic_correct", "accuracy")


def summarize_results(
    path: AnyPath,
    *,
    benchmarks: str | Sequence[str] | None = None,
    max_samples: int | None = None,
    verbose: bool = False,
    extra_benchmarks: Sequence[AnyPath] = (),
) -> Summary:
    """Metrics of the complete outputs in an output folder, its eval-results, or one benchmark's folder.

    Writes metrics.json beside them, unless max_samples (only the first rows) is given. verbose: tables of subsets too.
    Raises NorthstarError.

    >>> print(northstar.summarize_results("out").text())  # doctest: +SKIP
    """
    if max_samples is not None and max_samples < 1:
        raise UsageError(f"--max_samples={max_samples} must be 1 or more.")
    wanted = benchmarks.split(",") if isinstance(benchmarks, str) else benchmarks
    stripped = None if wanted is None else [name.strip() for name in wanted]
    folders = _folders(Path(path).expanduser().absolute(), stripped)
    extra = [Path(name).expanduser().absolute() for name in extra_benchmarks]
    metrics: dict[str, dict[str, Any]] = {}
    shown: dict[str, Shown] = {}
    notes = known_by_name_only(folders[0].parents[1]) if folders else []
    for folder in folders:
        found = _summed_up(folder, extra, max_samples, notes)
        if found:
            metrics[folder.name] = _as_json(found)
            shown |= {_title(folder.name, judge, found): part.shown for judge, part in found.items()}
    if max_samples is None:
        notes += _write(folders, metrics)
    return Summary(metrics, shown, tuple(notes), verbose)


@dataclass
class _Part:
    """The numbers of one benchmark, by one judge or without any."""

    modes: dict[str, Any] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    subsets: dict[str, dict[str, Any]] = field(default_factory=dict)
    usage: Usage = NO_USAGE
    judge_usage: Usage | None = None
    by_category: CategoryMetrics | None = None

    @property
    def shown(self) -> Shown:
        return Shown(self.modes, self.lines, self.subsets, self.by_category)

    def add(self, metrics: Metrics, results: Results) -> None:
        """The greedy generation, or all seeds."""
        found, lines = metrics.compute(results.scores), metrics.shown(results.scores.k)
        beside = bool(self.modes) and lines == ["pass@1"]  # one seed beside the greedy generation
        rename = {"pass@1": "pass@1[avg-of-1]"} if beside else {}
        self.modes |= {rename.get(name, name): mode for name, mode in found.items()}
        self.lines += [rename.get(name, name) for name in lines]
        self.by_category = metrics if isinstance(metrics, CategoryMetrics) else None
        labels = np.array([] if metrics.by_category else results.scores.labels or [])
        for subset in sorted(set(labels.tolist())):
            modes = metrics.compute(results.scores.of_rows(labels == subset))
            held = self.subsets.setdefault(subset, {})
            held |= {rename.get(name, name): mode for name, mode in modes.items()}
        self.usage = _sum(self.usage, results.usage)
        if results.judge_usage is not None:
            self.judge_usage = _sum(self.judge_usage or NO_USAGE, results.judge_usage)


def _summed_up(folder: Path, extra: Sequence[Path], max_samples: int | None, notes: list[str]) -> dict[str, _Part]:
    """The benchmark's numbers by each judge ('' where none has judged); what isn't counted is noted."""
    outputs = find_outputs(folder)
    notes += outputs.notes
    parts: dict[str, _Part] = {}
    for files in ((outputs.greedy,) if outputs.greedy else (), outputs.seeds):
        if not files:
            continue
        metrics = _metrics_of(folder.name, extra, files[0])
        judged_metrics = metrics if metrics.judged else metrics.with_judge()
        judges = find_judgements(folder, files)
        if judged_metrics is None and judges:
            notes.append(
                f"{folder.name}: its score has no place for verdicts; those of {', '.join(judges)} aren't counted."
            )
            judges = {}
        if metrics.judged and not judges:
            notes.append(f"{folder.name}: nothing is judged; ns judge {folder.parent.parent} does it.")
        shown = judged_by(judges, files, metrics.judged)
        for judge, judged in shown.items():
            mine = [file for file in files if file in judged]
            if left := len(files) - len(mine):
                notes.append(f"{folder.name}: {left} of {len(files)} outputs aren't judged by {judge} and not counted.")
            verdicts = [path for path in (judged[file] for file in mine) if path is not None]
            mine_metrics = judged_metrics if judge and judged_metrics is not None else metrics
            results = read_results(mine, mine_metrics, verdicts if judge else None, max_samples)
            if max_samples is None:
                _check_whole(folder, mine[0], len(results.scores.tokens))
            parts.setdefault(judge, _Part()).add(mine_metrics, results)
            if judge == next(iter(shown)):
                notes += [f"{folder.name}: {note}" for note in results.troubles()]
    return parts


def _check_whole(folder: Path, file: Path, rows: int) -> None:
    """Raises NorthstarError where an output has other rows than the run that made it says in run.json."""
    kind = kind_of(None if file.stem == "output" else 0)
    asked = rows_asked(folder.parent.parent, f"{folder.name}.{kind}")
    if asked is not None and asked != rows:
        raise NorthstarError(
            f"{file} has {counted(rows, 'row')}, but {asked} were asked. Restore it, or move it away and run the "
            "same ns eval again."
        )


def _title(benchmark: str, judge: str, parts: Mapping[str, _Part]) -> str:
    return benchmark if len(parts) == 1 else f"{benchmark} (judge {judge})" if judge else f"{benchmark} (not judged)"


def _as_json(parts: Mapping[str, _Part]) -> dict[str, Any]:
    """The first judge's numbers as the benchmark's own, the others' under `judges`."""
    first = next(iter(parts.values()))
    held: dict[str, Any] = dict(first.modes)
    if first.subsets:
        held["subsets"] = first.subsets
    if len(parts) > 1:
        held["judges"] = {judge: part.modes for judge, part in parts.items() if judge}
    held["usage"] = {"model": asdict(first.usage)}
    for judge, part in parts.items():
        if part.judge_usage is not None:
            held["usage"][judge] = asdict(part.judge_usage)
    return held


def _sum(one: Usage, other: Usage) -> Usage:
    return Usage(one.prompt_tokens + other.prompt_tokens, one.completion_tokens + other.completion_tokens)


def _folders(path: Path, wanted: Sequence[str] | None) -> list[Path]:
    """The benchmark folders that `path` means, in the order wanted, else by name."""
    if not path.is_dir():
        raise UsageError(f"there is no folder {path}.")
    root = results_folder(path) if results_folder(path).is_dir() else path
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
    return bool(output_files(folder))


def _metrics_of(benchmark: str, extra: Sequence[Path], file: Path) -> Metrics:
    """The benchmark's own metrics; for one that isn't known here, what its first record holds."""
    known = find_known(benchmark, extra)
    if known is not None:
        return known.metrics
    with file.open("rb") as lines:
        first = lines.readline()
    fields = parsed_record(file, 1, first, msgspec.json.Decoder(dict[str, Any]).decode) if first else {}
    scores = [name for name in _KNOWN_SCORES if name in fields]
    if not scores:
        raise NorthstarError(
            f"{file} holds no score that is known here ({', '.join(_KNOWN_SCORES)}). "
            "If the benchmark is your own, name its file with --extra_benchmarks."
        )
    return AnswerMetrics(*scores, answer="predicted_answer" if "predicted_answer" in fields else None)


def _write(folders: Sequence[Path], metrics: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """metrics.json of each benchmark, and of all in eval-results. A folder that can't be written is a note."""
    try:
        for folder in folders:
            if folder.name in metrics:
                _write_json(folder / "metrics.json", {folder.name: metrics[folder.name]})
        if folders[0].parent == results_folder(folders[0].parent.parent):
            whole = folders[0].parent / "metrics.json"
            with locked(whole.with_name(".metrics.lock"), str(whole), wait=True):
                _write_json(whole, _read_json(whole) | dict(metrics))
    except NorthstarError as error:
        return [f"metrics.json was not written: {error}"]
    return []


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    with whole_file(path) as file:
        file.write(json.dumps(content, indent=2).encode() + b"\n")


def _read_json(path: Path) -> dict[str, Any]:
    try:
        held = parsed_json(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, Malformed) as error:
        raise NorthstarError(f"{path} cannot be read ({error}); move it away.") from None
    if not isinstance(held, dict):
        raise NorthstarError(f"{path} holds no benchmarks; move it away.")
    return held
