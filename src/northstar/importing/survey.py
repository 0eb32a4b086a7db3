"""Reads all files once: which row each record answers, which rows each seed has, and what doesn't fit."""

from __future__ import annotations

import hashlib
from array import array
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from northstar.config.plan import LARGEST_SEED
from northstar.core.errors import NorthstarError
from northstar.core.text import counted
from northstar.data.rows import RowFile
from northstar.importing.matching import How, RowIndex
from northstar.importing.sources import Source, Sources

Seed = int | None
MOST_NAMED = 3
MOST_RECORDS = 10_000_000
"""Of one file: 10,000 rows of 1,000 seeds."""
MOST_SEEDS = 1_000
"""Generations of a row."""


@dataclass
class FileSurvey:
    """What one file holds.

    Attributes:
        rows: The row of each record, -1 for none, in the file's order.
        first: The number of each record's first answer in the file, from 0.
        counts: How many answers each record has.
        sha256: Of its bytes.
        size: Its size and time of change, to see that it stays as it is.
        base: The seed of the file's first answer.
    """

    source: Source
    rows: array[int] = field(default_factory=lambda: array("i"))
    first: array[int] = field(default_factory=lambda: array("i"))
    counts: array[int] = field(default_factory=lambda: array("i"))
    sha256: str = ""
    size: tuple[int, int] = (0, 0)
    base: Seed = 0

    @property
    def depth(self) -> int:
        """How many answers a row has in it at most."""
        return max((one + many for one, many in zip(self.first, self.counts, strict=True)), default=0)

    def seeds(self, record: int) -> list[Seed]:
        """The seeds of a record's answers."""
        if self.base is None:
            return [None] * min(self.counts[record], 1)
        start = self.base + self.first[record]
        return list(range(start, start + min(self.counts[record], MOST_SEEDS + 1)))


@dataclass
class Survey:
    """What all files hold.

    Attributes:
        seeds: The seeds, the greedy generation (None) first.
        whole: The rows that each seed has exactly once.
        total: The rows of the benchmark.
        problems: What doesn't fit, a line each.
        how: How the records were matched.
        other_references: The ids of rows whose reference answer is written differently.
    """

    sources: Sources
    files: list[FileSurvey]
    seeds: list[Seed]
    whole: list[int]
    total: int
    problems: list[str]
    how: Counter[How]
    other_references: list[str]

    def check(self, path: Path, benchmark: str, *, partial: bool) -> None:
        """Raise NorthstarError unless each seed has each row once, or `partial` allows that only some are taken."""
        if not self.whole:
            lines = self.problems or ["it has no record"]
            raise NorthstarError(_listed(f"no row of {benchmark} can be taken from {path}:", lines))
        if self.problems and not partial:
            taken = f"--partial takes the {counted(len(self.whole), 'row')} that every seed has once."
            what = _listed(f"{path} does not hold {benchmark} exactly:", self.problems)
            raise NorthstarError(f"{what}\nNothing was imported. {taken}")


def _listed(heading: str, lines: Sequence[str]) -> str:
    return "".join([heading, *(f"\n  {line}" for line in lines)])


def survey(sources: Sources, rows: RowFile) -> Survey:
    """Read all files once. Raises NorthstarError for a record that cannot be read."""
    index = RowIndex(rows)
    problems: list[str] = []
    how: Counter[How] = Counter()
    others: list[str] = []
    files: list[FileSurvey] = []
    with ThreadPoolExecutor(1, "sha256") as thread:
        for source in sources.files:
            hashed = thread.submit(_sha256, source.path)
            files.append(_read(sources, source, index, problems, how, others))
            files[-1].sha256 = hashed.result()
    _allot_seeds(files)
    seeds = _seeds_of(files)
    whole = _whole_rows(files, seeds, index, problems)
    return Survey(sources, files, seeds, whole, len(rows), problems, how, list(dict.fromkeys(others)))


def size_of(path: Path) -> tuple[int, int]:
    """Return the size and the time of change of a file."""
    stat = path.stat()
    return stat.st_size, stat.st_mtime_ns


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read(
    sources: Sources, source: Source, index: RowIndex, problems: list[str], how: Counter[How], others: list[str]
) -> FileSurvey:
    found = FileSurvey(source, size=size_of(source.path))
    odd: dict[How, _Names] = {}
    empty = _Names()
    for record in sources.tool.read(source.path):
        match = index.match(record)
        how[match.how] += 1
        if not match.how.is_match:
            name = f"{record.place} ({_shown(record.id, record.text)})"
            odd.setdefault(match.how, _Names()).add(name)
        elif match.other_reference:
            others.append(index.ids[match.row])
        if not record.answers:
            empty.add(record.place)
        found.rows.append(match.row)
        found.first.append(record.seed)
        found.counts.append(len(record.answers))
        if len(found.rows) > MOST_RECORDS:
            raise NorthstarError(f"{source.path} has more than {MOST_RECORDS:,} records; import fewer at a time.")
    name = source.path.name
    for why, places in odd.items():
        problems.append(f"{name}: {counted(places.count, 'record')} {why.value}: {places.shown}")
    if empty.count:
        problems.append(f"{name}: {counted(empty.count, 'record')} without a generation: {empty.shown}")
    return found


@dataclass
class _Names:
    """Counts names and keeps the first few."""

    count: int = 0
    first: list[str] = field(default_factory=list)

    def add(self, name: str) -> None:
        self.count += 1
        if self.count <= MOST_NAMED:
            self.first.append(" ".join(name.split()))

    @property
    def shown(self) -> str:
        return ", ".join(self.first) + (", …" if self.count > MOST_NAMED else "")


def named(names: Sequence[str]) -> str:
    """Return the first few names, and that there are more."""
    return ", ".join(names[:MOST_NAMED]) + (", …" if len(names) > MOST_NAMED else "")


def _shown(name: str | int | None, text: str | None) -> str:
    if name is not None:
        return f"id {str(name)[:40]}"
    return f"'{' '.join((text or '')[:60].split())}'" if text else "no id, no text"


def _allot_seeds(files: Sequence[FileSurvey]) -> None:
    """Give each file its seeds: those of its name, or else the next ones; one answer a row in all is the greedy one."""
    next_seed = 0
    for file in files:
        if file.source.is_named:
            file.base = file.source.seed
            continue
        file.base = next_seed
        next_seed += file.depth
    if next_seed == 1 and len(files) == 1:
        files[0].base = None


def _seeds_of(files: Sequence[FileSurvey]) -> list[Seed]:
    """Return all seeds, the greedy generation first. Raises NorthstarError if there are too many."""
    found: set[Seed] = set()
    for file in files:
        for record in range(len(file.rows)):
            found.update(file.seeds(record))
            if len(found) > MOST_SEEDS:
                raise NorthstarError(
                    f"{file.source.path} brings more than {MOST_SEEDS:,} generations of a row; import fewer at a time."
                )
    seeds = sorted(found, key=lambda seed: -1 if seed is None else seed)
    if seeds and (seeds[-1] or 0) >= LARGEST_SEED:
        raise NorthstarError(f"seed {seeds[-1]} is too large: seeds go up to {LARGEST_SEED - 1}.")
    return seeds


def _whole_rows(files: Sequence[FileSurvey], seeds: Sequence[Seed], index: RowIndex, problems: list[str]) -> list[int]:
    """Return the rows that each seed has once, and add to `problems` those it lacks or has twice."""
    times = {seed: bytearray(len(index.ids)) for seed in seeds}
    for file in files:
        for record, row in enumerate(file.rows):
            if row >= 0:
                for seed in file.seeds(record):
                    times[seed][row] = min(2, times[seed][row] + 1)
    whole = bytearray(b"\1") * len(index.ids)
    for seed, counts in times.items():
        missing = [index.ids[row] for row, count in enumerate(counts) if count == 0]
        twice = [index.ids[row] for row, count in enumerate(counts) if count > 1]
        for row, count in enumerate(counts):
            whole[row] &= count == 1
        who = "the greedy generation" if seed is None else f"seed {seed}"
        if missing:
            problems.append(f"{who}: {counted(len(missing), 'row')} missing: {named(missing)}")
        if twice:
            problems.append(f"{who}: {counted(len(twice), 'row')} more than once: {named(twice)}")
    return [row for row, taken in enumerate(whole) if taken]
