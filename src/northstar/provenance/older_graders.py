"""Finds results that an older grader graded, or another one than today's."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from northstar.benchmarks.registry import find_known
from northstar.core.errors import NorthstarError
from northstar.provenance.differences import GRADER
from northstar.provenance.results_name import JUDGED_BY, REGRADED_AS, kind_of
from northstar.results.layout import RUN_JSON, benchmark_folder
from northstar.results.run_json import read_run_json
from northstar.results.state import find_outputs, regraded_folders
from northstar.task.benchmark import Benchmark
from northstar.task.grader import UNKNOWN_VERSION, described_grader


def older_grader(there: Mapping[str, Any], benchmark: Benchmark) -> str:
    """Say which grader graded these results; '' if it is today's, or nothing is known of it.

    The answer continues 'math-500 was graded by …': 'an older grader (1, today 2)'.
    """
    today = described_grader(benchmark.grader)
    name, version = there.get(f"{GRADER}name"), there.get(f"{GRADER}version") or UNKNOWN_VERSION
    if name is None:
        return ""
    if name != today["name"]:
        return f"another grader ({name}, today {today['name']})"
    now = today.get("version", UNKNOWN_VERSION)
    if version == now or not isinstance(version, int):
        return ""
    which = "an older" if version < now else "a newer"
    return f"{which} grader ({version or 'of an unknown version'}, {'today' if version < now else 'here'} {now})"


def graded_by_others(output_dir: Path) -> list[str]:
    """Return a sentence for each benchmark of a folder that another grader than today's graded, and no regrading."""
    results = read_run_json(output_dir / RUN_JSON).get("results", {})
    found: dict[str, str] = {}
    for name in results:
        if JUDGED_BY in name or REGRADED_AS in name:
            continue
        known = _known(name.rpartition(".")[0])
        by = older_grader(results[name], known) if known is not None else ""
        if known is not None and by and not is_regraded(output_dir, name, known, results):
            found[known.name] = (
                f"{known.name} was graded by {by}; seeds and rows added since then, by today's. Run ns regrade "
                f"{output_dir} to grade all of them with today's grader; it sends nothing to the model."
            )
    return list(found.values())


def is_regraded(
    output_dir: Path, name: str, benchmark: Benchmark, results: Mapping[str, Mapping[str, Any]] | None = None
) -> bool:
    """Whether today's grader has graded all of these results anew, with the same settings and reference answers.

    Args:
        output_dir: The output folder.
        name: The results' name in run.json.
        benchmark: Their benchmark.
        results: All results of run.json, where the caller has read it.
    """
    all_ = read_run_json(output_dir / RUN_JSON).get("results", {}) if results is None else results
    return any(
        of == name
        and not older_grader(identity, benchmark)
        and _settings(identity) == _settings(all_.get(name, {}))
        and _covers(output_dir, name, regrading)
        for regraded, identity in all_.items()
        for of, mark, regrading in (regraded.partition(REGRADED_AS),)
        if mark
    )


def _settings(identity: Mapping[str, Any]) -> dict[str, Any]:
    """Return what decides verdicts beside the grader's version."""
    return {
        key: value
        for key, value in identity.items()
        if key.startswith((GRADER, "answers.")) and key != f"{GRADER}version"
    }


def _covers(output_dir: Path, results: str, regrading: str) -> bool:
    """Whether a regrading has all complete seeds of its kind."""
    name, _, kind = results.rpartition(".")
    folder = benchmark_folder(output_dir, name)
    found = find_outputs(folder)
    files = (found.greedy,) if kind == kind_of(None) else found.seeds
    place = next((each for each in regraded_folders(folder) if each.name == regrading), None)
    return place is not None and all(file is None or (place / file.name).is_file() for file in files)


def _known(name: str) -> Benchmark | None:
    try:
        return find_known(name)
    except NorthstarError:  # a package's benchmark that fails to load
        return None
