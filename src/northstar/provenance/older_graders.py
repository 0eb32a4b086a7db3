"""Finds results that an older grader graded, or another one than today's."""

from __future__ import annotations

from pathlib import Path

from northstar.benchmarks.registry import find_known
from northstar.core.errors import NorthstarError
from northstar.provenance.differences import GRADER
from northstar.provenance.provenance import described
from northstar.provenance.results_name import JUDGED_BY, REGRADED_AS
from northstar.results.layout import RUN_JSON
from northstar.results.run_json import read_run_json
from northstar.task.benchmark import Benchmark
from northstar.task.grader import UNKNOWN_VERSION, described_grader


def older_grader(output_dir: Path | None, results: str, benchmark: Benchmark) -> str:
    """Say which grader graded these results; '' if it is today's, or nothing is known of it.

    The answer continues 'math-500 was graded by …': 'an older grader (1, today 2)'.
    """
    there, today = described(output_dir, results), described_grader(benchmark.grader)
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
        by = older_grader(output_dir, name, known) if known is not None else ""
        if known is not None and by and not is_regraded(output_dir, name, known):
            found[known.name] = (
                f"{known.name} was graded by {by}: ns regrade {output_dir} grades it anew, asking nobody."
            )
    return list(found.values())


def is_regraded(output_dir: Path, results: str, benchmark: Benchmark) -> bool:
    """Whether today's grader has graded these results anew."""
    regraded = [name for name in read_run_json(output_dir / RUN_JSON).get("results", {}) if REGRADED_AS in name]
    mine = [name for name in regraded if name.partition(REGRADED_AS)[0] == results]
    return any(not older_grader(output_dir, name, benchmark) for name in mine)


def _known(name: str) -> Benchmark | None:
    try:
        return find_known(name)
    except NorthstarError:  # a package's benchmark that fails to load
        return None
