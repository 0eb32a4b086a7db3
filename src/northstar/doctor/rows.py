"""Looks at the data folder: which benchmarks are prepared."""

from __future__ import annotations

import os
from pathlib import Path

from northstar.benchmarks.registry import benchmark_names
from northstar.core.text import counted
from northstar.data.manifest import manifest_path
from northstar.doctor.check import Check

_TODO = "ns prepare_data math-500 aime24; ns prepare_data --list shows all"


def data(folder: Path) -> list[Check]:
    """Return the splits whose rows are prepared, by the names of their files."""
    splits, odd = prepared(folder)
    details = {"folder": str(folder), "prepared": splits, "without_manifest": odd}
    if odd:
        text = f"{', '.join(odd)} in {folder} has no manifest, which says what its rows are"
        return [Check("data", "warn", text, f"ns prepare_data --force {' '.join(odd)}", details)]
    if not folder.exists():
        return [Check("data", "ok", f"nothing is prepared yet; rows will be in {folder}", _TODO, details)]
    if not splits:
        return [Check("data", "ok", f"nothing is prepared in {folder}", _TODO, details)]
    names = ", ".join(splits)
    text = f"{counted(len(splits), 'benchmark')} of {len(benchmark_names())} prepared in {folder}: {names}"
    return [Check("data", "ok", text, "", details)]


def prepared(folder: Path) -> tuple[dict[str, list[str]], list[str]]:
    """Return benchmark → its prepared splits, and the benchmarks of which a split has no manifest.

    Only names are read: a hundred benchmarks take some milliseconds.
    """
    splits: dict[str, list[str]] = {}
    odd: list[str] = []
    known = set(benchmark_names())
    for entry in sorted(os.scandir(folder), key=lambda each: each.name) if folder.is_dir() else ():
        if entry.name not in known or not entry.is_dir():
            continue
        files = sorted(Path(entry.path).glob("*.jsonl"))
        if any(not manifest_path(file).exists() for file in files):
            odd.append(entry.name)
        elif files:
            splits[entry.name] = [file.stem for file in files]
    return splits, odd
