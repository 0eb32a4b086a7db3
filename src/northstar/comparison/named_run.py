"""How a run, and the grades of it that count, are named in commands: OUT or OUT@NAME."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from northstar.core.errors import UsageError, did_you_mean
from northstar.core.paths import AnyPath
from northstar.results.state import regraded_folders


class NamedRun(NamedTuple):
    """An output folder, and whose grades of it count: those of a regrading, or '' for its own."""

    path: Path
    regrading: str


def run_named(text: AnyPath) -> NamedRun:
    """Return the run that OUT or OUT@NAME names; a folder that is called so is one."""
    path = Path(text).expanduser().absolute()
    folder, at, name = str(path).rpartition("@")
    if at and folder and "/" not in name and not path.exists():
        return NamedRun(Path(folder), name)
    return NamedRun(path, "")


def with_regrading(run: NamedRun, folders: Mapping[str, Path]) -> dict[str, Path]:
    """Return those folders of benchmarks that have the regrading. Raises UsageError if none has."""
    there = {name: [each.name for each in regraded_folders(folder)] for name, folder in folders.items()}
    regraded = {name: folder for name, folder in folders.items() if run.regrading in there[name]}
    if not regraded:
        known = sorted({each for mine in there.values() for each in mine})
        has = f" It has {', '.join(known)}." if known else " ns regrade makes one."
        raise UsageError(f"{run.path} has no regrading '{run.regrading}'.{did_you_mean(run.regrading, known)}{has}")
    return regraded
