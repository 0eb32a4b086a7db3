"""The units of a plan: which are done, and the open ones with their locks and journals."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from northstar.benchmarks.loading import LoadedBenchmark
from northstar.config.plan import Plan, UnitKey
from northstar.core.errors import NorthstarError
from northstar.core.lock import Locks, locked
from northstar.engine.benchmark_stats import BenchmarkStats
from northstar.engine.open_unit import OpenUnit, Procedure
from northstar.provenance.provenance import results_name
from northstar.results.journal import Journal
from northstar.results.leftovers import remove_leftovers
from northstar.results.output_files import OutputFile, holds_answers, output_files, stems_there
from northstar.results.outputs import done_path, finish_joining, journal_path, record
from northstar.results.unit import Unit, benchmark_folder, chunk_rows, join_lock, unit_lock


def units_of(plan: Plan, loaded: LoadedBenchmark) -> Iterator[Unit]:
    """All units of one benchmark that this job takes, seed by seed."""
    only = set(plan.only)
    for seed in loaded.plan.seeds:
        for chunk in plan.chunks.ids:
            if only and UnitKey(benchmark=loaded.name, seed=seed, chunk=chunk) not in only:
                continue
            rows = chunk_rows(len(loaded.rows), chunk, plan.chunks.count)
            yield Unit(loaded.name, seed, rows, chunk, plan.chunks.count)


async def open_units(
    plan: Plan,
    benchmarks: Sequence[LoadedBenchmark],
    stats: Mapping[str, BenchmarkStats],
    stack: ExitStack,
    locks: Locks,
) -> list[OpenUnit]:
    """Lock and replay each unit that isn't done; `stack` closes them.

    Raises NorthstarError: a held lock, damage, or work that was cut into other chunks.
    """
    units = {loaded.name: list(units_of(plan, loaded)) for loaded in benchmarks}
    for name, mine in units.items():
        lock_units(benchmark_folder(plan.output_dir, name), mine, locks, even_done=False)
    opened: list[OpenUnit] = []
    for loaded in benchmarks:
        folder, counts = benchmark_folder(plan.output_dir, loaded.name), stats[loaded.name]
        procedure = Procedure(
            loaded.benchmark.solver,
            loaded.grader,
            loaded.prompt,
            loaded.plan.settings,
            record,
            in_sandbox=loaded.benchmark.programs != "none",
            reads_calls=loaded.reads_calls,
            foreign_prompt=loaded.prompt.foreign,
        )
        for unit in units[loaded.name]:
            await asyncio.sleep(0)  # the display, and Ctrl-C
            journal = open_journal(folder, unit, counts, stack)
            if journal is not None:
                name = results_name(loaded.name, unit.seed)
                opened.append(OpenUnit(unit, loaded.rows, procedure, journal, counts, folder, name))
    return opened


def lock_units(folder: Path, units: Iterable[Unit], locks: Locks, *, even_done: bool) -> None:
    """Lock the units in `folder` that aren't done, or all of them to begin anew. Raises NorthstarError."""
    remove_leftovers(folder)
    for unit in units:
        finish_joining(folder, unit)
        if even_done and unit.num_chunks == 1:
            stems = {unit.stem, *stems_there(folder, unit.seed)}
        elif not even_done and done_path(folder, unit) is not None:
            continue
        else:
            check_cut(folder, unit, _kept)
            stems = {unit.stem}
        for stem in sorted(stems):
            locks.take(unit_lock(folder, stem), f"{folder / stem}.jsonl")


def check_cut(folder: Path, unit: Unit, counts: Callable[[OutputFile], bool] = holds_answers) -> None:
    """Refuse to ask again what was asked as part of other chunks. counts: of a file of those. Raises NorthstarError."""
    family = {unit.stem} if unit.num_chunks == 1 else set(unit.siblings)
    for file in output_files(folder):
        if file.seed == unit.seed and file.stem not in family and not file.is_whole and counts(file):
            raise NorthstarError(
                f"{folder} holds {file.stem}, a part of the same generations that was cut otherwise; use the same "
                "--num_chunks as before, or --rerun_done without --num_chunks to set it aside."
            )


def _kept(file: OutputFile) -> bool:
    """Whether it holds answers; else it is removed, unless somebody writes it. Several jobs may do it at once."""
    folder = file.path.parent
    output = f"{folder / file.stem}.jsonl"
    with locked(join_lock(folder, file.seed), output, wait=True), locked(unit_lock(folder, file.stem), output):
        if holds_answers(file):
            return True
        file.path.unlink(missing_ok=True)
        return False


def open_journal(folder: Path, unit: Unit, counts: BenchmarkStats, stack: ExitStack) -> Journal | None:
    """The journal of a locked unit, replayed; None when the unit is done. Either way its samples are counted."""
    counts.total += len(unit.rows)
    if done_path(folder, unit) is not None:  # perhaps since just now, by the worker that held the lock
        counts.generated += len(unit.rows)
        counts.finished += len(unit.rows)
        return None
    path = journal_path(folder, unit)
    journal = Journal(path, benchmark=unit.benchmark, seed=unit.seed, rows=unit.rows, counts=counts)
    stack.callback(journal.close)
    return journal
