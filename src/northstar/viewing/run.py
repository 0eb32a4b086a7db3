"""A run as it stands on disk: its benchmarks, found and indexed anew whenever its files have changed."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path

from northstar.benchmarks.registry import find_known
from northstar.comparison.named_run import run_named, with_regrading
from northstar.core.benchmark_name import parsed_name
from northstar.core.clock import monotonic
from northstar.core.errors import NorthstarError, UsageError
from northstar.metrics.answers import JUDGE_SCORE
from northstar.pages.verdict import SCORES
from northstar.results.layout import (
    RUN_JSON,
    OutputFile,
    folders_there,
    output_dir_of,
    regraded_folder,
    results_folder,
)
from northstar.results.state import current_files, judgement_folders, output_files
from northstar.viewing.grid import Grid, Part, grid_of, with_grades_of, with_verdicts_of
from northstar.viewing.index import Index, index_place, up_to_date
from northstar.viewing.scan import Scanner

LOOK_SECONDS = 1.0
"""How old what is known of a run may be."""


class Run:
    """One output folder.

    Attributes:
        name: What pages call it.
        folder: The output folder; nothing outside of it is read.
        grids: Benchmark → its generations, as far as they are indexed.
        judged: Benchmark → judge's folder → its judgements, as a grid of the same rows and seeds.
        notes: What is not shown, and why.
        indexed, bytes: How much of its files is indexed, and their size.
        version: Grows with every change of what is known.
        stopped: Set by whoever needs it no more, to end an indexing between two files.
    """

    def __init__(self, path: Path, extra: Sequence[Path] = ()) -> None:
        """Find a run's folder; `path` is the output folder, its eval-results, or a benchmark's folder.

        With @NAME behind it, the grades of that regrading count. Raises UsageError if it is none of them.
        """
        named = run_named(path)
        self.folder, only = _folder_of(named.path)
        self.name = f"{self.folder.name}@{named.regrading}" if named.regrading else self.folder.name
        self._regrading = named.regrading
        self.grids: dict[str, Grid] = {}
        self.judged: dict[str, dict[str, Grid]] = {}
        self.notes: list[str] = []
        self.indexed = self.bytes = self.version = 0
        self.stopped = False
        self._only = only
        self._extra = tuple(extra)
        self._root = self.folder.resolve()
        self._known: dict[Path, Index] = {}
        self._shown: dict[Path, tuple[tuple[Path, int, int], ...]] = {}
        self._lacking: dict[str, int] = {}
        self._looked = -LOOK_SECONDS
        self._lock = threading.Lock()
        if named.regrading:
            with_regrading(named, self._benchmarks([]))

    @property
    def is_indexed(self) -> bool:
        return self.version > 0 and self.indexed >= self.bytes

    @property
    def is_whole(self) -> bool:
        """Whether all its benchmarks are shown, rather than one that was named, or those of a regrading."""
        return self._only is None and not self._regrading

    def look(self) -> None:
        """Bring it up to date, unless that was done a moment ago or is being done; takes long only the first time."""
        if monotonic() - self._looked < LOOK_SECONDS or not self._lock.acquire(blocking=False):
            return
        try:
            self._look()
        finally:
            self._looked = monotonic()
            self._lock.release()

    def _look(self) -> None:
        notes: list[str] = []
        folders = self._benchmarks(notes)
        found = {name: self._files(folder, notes) for name, folder in folders.items()}
        judged = {
            (name, judge.name): self._files(judge, notes)
            for name, folder in folders.items()
            for judge in judgement_folders(folder)
            if self._is_inside(judge)
        }
        again = {
            name: self._files(regraded_folder(folder, self._regrading), notes)
            for name, folder in folders.items()
            if self._regrading and self._is_inside(regraded_folder(folder, self._regrading))
        }
        all_files = (*found.values(), *judged.values(), *again.values())
        sizes = {file.path: _size(file.path) for files in all_files for file in files}
        self.bytes = sum(sizes.values())
        self.indexed = sum(index.end for path, index in self._known.items() if path in sizes)
        for name, judges in list(self.judged.items()):
            self.judged[name] = {judge: grid for judge, grid in judges.items() if (name, judge) in judged}
        for (name, judge), files in judged.items():
            parts = self._parts(f"{name}@{judge}", Scanner((JUDGE_SCORE,)), files, notes)
            if parts and (self._is_new(parts) or judge not in self.judged.get(name, {})):
                self.judged[name] = {**self.judged.get(name, {}), judge: grid_of(parts)}
        for name, files in found.items():
            scanner = Scanner(scores_of(name, self._extra))
            regraded = self._parts(f"{name}+{self._regrading}", scanner, again.get(name, ()), notes)
            if regraded or not self._regrading:
                self._show(name, self._parts(name, scanner, files, notes), regraded, notes)
        for gone in self.grids.keys() - {name for name, files in found.items() if files}:
            del self.grids[gone]
        for path in self._known.keys() - sizes.keys():
            del self._known[path]
        self.bytes = self.indexed = sum(index.end for index in self._known.values())
        if notes != self.notes or not self.version:
            self.notes = notes
            self.version += 1

    def _parts(self, name: str, scanner: Scanner, files: Sequence[OutputFile], notes: list[str]) -> list[Part]:
        """Index some files, and note those that can't be read."""
        parts: list[Part] = []
        for file in files:
            if self.stopped:
                return []
            before = self._known.get(file.path)
            try:
                index = up_to_date(file, index_place(self.folder) / f"{name}@{file.path.name}", scanner, before)
            except FileNotFoundError:  # a journal that has just become an output: seen the next time
                continue
            except (OSError, NorthstarError) as error:
                notes.append(f"{name}: {file.path.name} cannot be read: {error}")
                continue
            self._known[file.path] = index
            self.indexed += index.end - (0 if before is None else before.end)
            parts.append(Part(file, index))
        return parts

    def _show(self, name: str, parts: Sequence[Part], regraded: Sequence[Part], notes: list[str]) -> None:
        """Put a benchmark's files together, with new grades, or the verdicts of its judge, if there is one alone."""
        if not parts:
            return
        judges = self.judged.get(name, {})
        told = next(iter(judges.values())) if len(judges) == 1 else None
        if self._is_new((*parts, *(told.parts if told else ()), *regraded)) or name not in self.grids:
            grid = grid_of(parts)
            self._lacking[name] = 0
            if regraded:
                grid, self._lacking[name] = with_grades_of(grid, grid_of(regraded))
            self.grids[name] = grid if told is None or regraded else with_verdicts_of(grid, told)
            self.version += 1
        if lacking := self._lacking[name]:
            notes.append(f"{name}: {lacking:,} generations have no grade of {self._regrading}, and are not shown.")
        if damaged := self.grids[name].damaged:
            notes.append(f"{name}: lines that are no records, and are not shown: {damaged}.")

    def _is_new(self, parts: Sequence[Part]) -> bool:
        """Whether these files were never put together as they are now."""
        first = parts[0].file.path
        state = tuple((part.file.path, part.index.end, part.index.mtime_ns) for part in parts)
        if self._shown.get(first.parent) == state:
            return False
        self._shown[first.parent] = state
        return True

    def _benchmarks(self, notes: list[str]) -> dict[str, Path]:
        """Return benchmark → its folder."""
        named = {name: folder for name, folder in folders_there(self.folder).items() if parsed_name(name) is not None}
        return {
            name: folder
            for name, folder in named.items()
            if self._only in (None, name) and (self._is_inside(folder) or _note_outside(folder, notes))
        }

    def _files(self, folder: Path, notes: list[str]) -> list[OutputFile]:
        """Return the files to show: of each shard its output, else its journal."""
        files = [file for file in output_files(folder) if self._is_inside(file.path) or _note_outside(file.path, notes)]
        return current_files(files)

    def _is_inside(self, path: Path) -> bool:
        """Whether a path, its links followed, lies in the run's folder."""
        with suppress(OSError, RuntimeError):
            return path.resolve().is_relative_to(self._root)
        return False


def _note_outside(path: Path, notes: list[str]) -> bool:
    notes.append(f"{path.name} is a link out of the run's folder and is not shown.")
    return False


def _folder_of(path: Path) -> tuple[Path, str | None]:
    """Return the output folder that a path means, and the only benchmark of it, if it is one's."""
    if not path.is_dir():
        raise UsageError(f"there is no folder {path}.")
    if results_folder(path).is_dir() or (path / RUN_JSON).exists():
        return path, None
    if path.name == results_folder(path).name:
        return path.parent, None
    above = output_dir_of(path)
    if above is None:
        raise UsageError(f"no results in {path}: it should be the --output_dir of ns eval, or lie in it.")
    return above, path.name


@cache
def scores_of(benchmark: str, extra: tuple[Path, ...] = ()) -> tuple[str, ...]:
    """Return the fields of a benchmark's main score, a judge's first, then those that others have."""
    known = None
    with suppress(NorthstarError):
        known = find_known(benchmark, extra)
    if known is None:
        return SCORES
    own = sorted(known.metrics.scores, key=lambda name: name != JUDGE_SCORE)
    return (*own, *(name for name in SCORES if name not in own))


def _size(path: Path) -> int:
    with suppress(OSError):
        return path.stat().st_size
    return 0
