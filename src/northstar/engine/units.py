"""The units of a plan: which are done, and the open ones with their locks and journals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from northstar.config.plan import Plan
from northstar.engine.journal import Journal
from northstar.engine.loading import LoadedBenchmark
from northstar.engine.lock import locked
from northstar.engine.outputs import is_done, journal_path
from northstar.engine.stats import BenchmarkStats
from northstar.engine.unit import Unit, benchmark_folder, chunk_rows


@dataclass(frozen=True, slots=True)
class OpenUnit:
    """A unit that is being worked on: its benchmark and its journal, locked against other workers."""

    unit: Unit
    loaded: LoadedBenchmark
    journal: Journal
    stats: BenchmarkStats


def units_of(plan: Plan, loaded: LoadedBenchmark) -> Iterator[Unit]:
    """All units of one benchmark that this job takes, seed by seed."""
    for seed in loaded.plan.seeds:
        for chunk in plan.chunks.ids:
            rows = chunk_rows(loaded.count, chunk, plan.chunks.count)
            yield Unit(loaded.name, seed, rows, chunk, plan.chunks.count)


def open_units(
    plan: Plan, benchmarks: Sequence[LoadedBenchmark], stats: Mapping[str, BenchmarkStats], stack: ExitStack
) -> list[OpenUnit]:
    """Lock and replay each unit that isn't done; `stack` closes them. NorthstarError: a held lock, or damage."""
    opened: list[OpenUnit] = []
    for loaded in benchmarks:
        counts = stats[loaded.name]
        for unit in units_of(plan, loaded):
            counts.total += len(unit.rows)
            folder = benchmark_folder(plan.output_dir, unit.benchmark)
            if not is_done(plan.output_dir, unit):
                stack.enter_context(locked(_lock_path(folder, unit), f"{folder / unit.stem}.jsonl"))
            if is_done(plan.output_dir, unit):  # perhaps since just now, by the worker that held the lock
                counts.generated += len(unit.rows)
                continue
            journal = Journal(
                journal_path(plan.output_dir, unit),
                benchmark=unit.benchmark,
                seed=unit.seed,
                rows=unit.rows,
                counts=counts,
            )
            stack.callback(journal.close)
            opened.append(OpenUnit(unit, loaded, journal, counts))
    return opened


def _lock_path(folder: Path, unit: Unit) -> Path:
    return folder / f".{unit.stem}.lock"
