"""Reads the runs of a report: tables, scores, settings and where they come from."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from northstar.comparison.side import Side, read_side
from northstar.core.errors import NorthstarError
from northstar.costs.hours import HoursSpent, hours_spent
from northstar.costs.times import AnswerTimes, read_answer_times
from northstar.models.secrets import without_secrets
from northstar.pages.report.generations import Generations, read_generations
from northstar.reports.judges import find_judgements
from northstar.reports.summarize import benchmark_folders, summarize_results
from northstar.reports.summary import Summary
from northstar.reports.table import Cells
from northstar.results.layout import RUN_JSON, output_dir_of
from northstar.results.run_json import read_run_json
from northstar.results.state import find_outputs

_MOST_RUNS = 20
_LONGEST_VALUE = 600
_FACTS = ("started", "python", "platform", "ending")


@dataclass(frozen=True)
class Measured:
    """A run's results of one benchmark; `files` are the outputs that `side` counts, by seed."""

    side: Side
    generations: Generations
    files: tuple[Path, ...]


@dataclass(frozen=True)
class RunRead:
    """A run.

    Attributes:
        models: The names of the models that were asked.
        notes: What is not counted or missing, and why.
        measured: Benchmark → its results.
        settings: Setting, value, and of which benchmarks.
        history: What made the results: a line for each command, and its facts.
        prompts: Benchmark → (role, text) of what was asked, with its fields.
        failures: What can't be read.
        hours: What its servers were held for, of all its benchmarks.
    """

    name: str
    summary: Summary
    models: Sequence[str]
    notes: Sequence[str]
    measured: Mapping[str, Measured]
    settings: Cells
    history: Cells
    prompts: Mapping[str, Sequence[tuple[str, str]]]
    failures: tuple[str, ...]
    hours: HoursSpent | None = None


def read_for_report(name: str, path: Path, benchmarks: Sequence[str] | None, extra: Sequence[Path]) -> RunRead:
    """Read a run; writes nothing. Raises NorthstarError if nothing of it can be read."""
    summary = summarize_results(path, benchmarks=benchmarks, extra_benchmarks=extra, write=False)
    if not summary.metrics:
        raise NorthstarError(f"{path} has no complete results yet. {' '.join(summary.notes)}")
    measured: dict[str, Measured] = {}
    failures = list(summary.failures)
    folders = benchmark_folders(path, list(summary.metrics))
    for folder in folders:
        try:
            side = read_side(name, folder, extra)
            files = _counted(folder, side)
            measured[folder.name] = Measured(side, read_generations(files, side), files)
        except NorthstarError as error:
            failures.append(f"{folder.name} has no charts: {error}")
    output_dir = output_dir_of(folders[0])
    stored = {} if output_dir is None else read_run_json(output_dir / RUN_JSON)
    settings = {benchmark: each.side.settings for benchmark, each in measured.items()}
    prompts = {name: found for name, asked in stored.get("asked", {}).items() if (found := _messages(asked))}
    models = list(dict.fromkeys(_shown(each["model"]) for each in settings.values() if each.get("model")))
    notes = [note.replace(str(path), name) for note in summary.notes]  # whoever reads it may not have the folder
    made = (_settings(settings), _history(stored), prompts)
    hours = None if output_dir is None else hours_spent(stored.get("runs", []), _times(output_dir, measured))
    return RunRead(name, summary, models, notes, measured, *made, tuple(failures), hours)


def _counted(folder: Path, side: Side) -> tuple[Path, ...]:
    files = find_outputs(folder).counted
    judged = find_judgements(folder, files).get(side.judge)
    return files if judged is None else tuple(file for file in files if file in judged)


def _times(output_dir: Path, measured: Mapping[str, Measured]) -> AnswerTimes:
    """Return when all answers were generated; reads those that the report does not show."""
    known = {
        file: np.stack([each.generations.starts[:, seed], each.generations.ends[:, seed]], axis=1)
        for each in measured.values()
        for seed, file in enumerate(each.files)
    }
    return read_answer_times(output_dir, known)


def _settings(by_benchmark: Mapping[str, Mapping[str, Any]]) -> Cells:
    lines: Cells = []
    for key in dict.fromkeys(key for settings in by_benchmark.values() for key in settings):
        of: dict[str, list[str]] = {}
        for benchmark, settings in by_benchmark.items():
            if settings.get(key) is not None:
                of.setdefault(_shown(settings[key]), []).append(benchmark)
        for value, benchmarks in of.items():
            everywhere = len(benchmarks) == len(by_benchmark)
            lines.append([key, value, "all" if everywhere else ", ".join(benchmarks)])
    return [["setting", "value", "benchmarks"], *lines]


def _history(stored: Mapping[str, Any]) -> Cells:
    """Return what of each command's facts concerns others than its user: no hosts, addresses or processes."""
    runs = stored.get("runs", [])
    lines: Cells = []
    for run in runs[-_MOST_RUNS:]:
        command = run.get("command")
        facts = [f"{name} {_shown(run[name])}" for name in _FACTS[1:] if run.get(name)]
        server = run.get("server")
        if isinstance(server, Mapping):
            said = [_shown(server[key]) for key in ("type", "version") if server.get(key)]
            facts += [f"server {' '.join(said)}"] if said else []
        versions = run.get("versions")
        if isinstance(versions, Mapping):
            facts += [f"{name} {_shown(version)}" for name, version in versions.items()]
        given = [str(word) for word in command] if isinstance(command, list) else []
        words = shlex.join([*(Path(word).name for word in given[:1]), *given[1:]])
        lines.append([_shown(run.get("started", "")), without_secrets(words), ", ".join(facts)])
    return [["started", "command", "with"], *lines]


def _messages(asked: Any) -> list[tuple[str, str]]:
    messages = asked.get("messages") if isinstance(asked, Mapping) else None
    return [
        (str(each.get("role", "")), str(each.get("content", "")))
        for each in (messages if isinstance(messages, list) else [])
        if isinstance(each, Mapping)
    ]


def _shown(value: Any) -> str:
    text = without_secrets(value if isinstance(value, str) else str(value))
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"
