"""Lists the shards of a plan, and opens the unfinished ones with their locks and journals."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from northstar.benchmarks.loading import LoadedBenchmark
from northstar.config.plan import GenerateStage, ShardKey
from northstar.core.errors import NorthstarError
from northstar.core.lock import Locks, locked
from northstar.engine.benchmark_counters import BenchmarkCounters
from northstar.engine.open_shard import OpenShard, Procedure
from northstar.provenance.results_name import results_name
from northstar.results.journal import Journal
from northstar.results.layout import (
    OutputFile,
    Shard,
    benchmark_folder,
    chunk_rows,
    join_lock,
    journal_path,
    path_of,
    shard_lock,
)
from northstar.results.leftovers import remove_leftovers
from northstar.results.outputs import RecordOf, finish_joining, record, record_of_input
from northstar.results.state import done_path, holds_answers, output_files, stems_there


def shards_of(
    stage: GenerateStage, loaded: LoadedBenchmark, seeds: Sequence[int | None] | None = None
) -> Iterator[Shard]:
    """Yield the shards of one benchmark that this plan generates, seed by seed. seeds: only of these; None: of all."""
    only = set(stage.only)
    for seed in loaded.plan.seeds if seeds is None else seeds:
        for chunk in stage.chunks.ids:
            if only and ShardKey(benchmark=loaded.name, seed=seed, chunk=chunk) not in only:
                continue
            rows = chunk_rows(len(loaded.rows), chunk, stage.chunks.count)
            yield Shard(loaded.name, seed, rows, chunk, stage.chunks.count)


async def open_shards(
    output_dir: Path, openers: Mapping[str, Opener], shards: Mapping[str, Sequence[Shard]], locks: Locks
) -> list[OpenShard]:
    """Lock each unfinished shard and replay its journal.

    Args:
        output_dir: the output folder.
        openers: benchmark → what opens its shards.
        shards: benchmark → its shards.
        locks: takes the locks.

    Raises:
        NorthstarError: another process holds a lock, a journal is damaged, or earlier work has other chunks.
    """
    for name, mine in shards.items():
        lock_shards(benchmark_folder(output_dir, name), mine, locks, even_done=False)
    opened: list[OpenShard] = []
    for name, opener in openers.items():
        for shard in shards[name]:
            await asyncio.sleep(0)  # lets the display and Ctrl-C have their turn
            found = opener.open_locked(shard)
            opened += [] if found is None else [found]
    return opened


class Opener:
    """Opens the shards of one benchmark.

    Args:
        output_dir: the output folder.
        loaded: the benchmark, with its rows open.
        counts: its counters, which take in what the journals hold.
        stack: closes the journals.
        locks: takes the locks.
        record_of: makes the records of the outputs, if not as usual.
    """

    def __init__(
        self,
        output_dir: Path,
        loaded: LoadedBenchmark,
        counts: BenchmarkCounters,
        stack: ExitStack,
        locks: Locks,
        record_of: RecordOf | None = None,
    ) -> None:
        self._folder = benchmark_folder(output_dir, loaded.name)
        self._loaded, self._counts, self._stack, self._locks = loaded, counts, stack, locks
        self._procedure = Procedure(
            loaded.benchmark.solver,
            loaded.grader,
            loaded.prompt,
            loaded.plan.settings,
            record_of or (record if loaded.plan.input is None else record_of_input),
            in_sandbox=loaded.benchmark.programs != "none",
            reads_calls=loaded.reads_calls,
            foreign_prompt=loaded.prompt.foreign,
            defaults=loaded.inference_defaults,
            long_prompts=loaded.benchmark.long_prompts,
            typical_tokens=loaded.benchmark.typical_tokens,
        )

    def open(self, shard: Shard) -> OpenShard | None:
        """Lock a shard and replay its journal; None when it is done. Raises NorthstarError."""
        lock_shards(self._folder, [shard], self._locks, even_done=False)
        return self.open_locked(shard)

    def open_locked(self, shard: Shard) -> OpenShard | None:
        """Replay the journal of a locked shard; None when it is done. Raises NorthstarError."""
        journal = open_journal(self._folder, shard, self._counts, self._stack)
        return None if journal is None else self.opened(shard, journal)

    def opened(self, shard: Shard, journal: Journal) -> OpenShard:
        """Return the shard with its open journal."""
        name = results_name(self._loaded.name, shard.seed)
        return OpenShard(shard, self._loaded.rows, self._procedure, journal, self._counts, self._folder, name)


def lock_shards(folder: Path, shards: Iterable[Shard], locks: Locks, *, even_done: bool) -> None:
    """Lock the unfinished shards in `folder`, or with `even_done` all of them. Raises NorthstarError."""
    remove_leftovers(folder)
    for shard in shards:
        finish_joining(folder, shard)
        if even_done and shard.num_chunks == 1:
            stems = {shard.stem, *stems_there(folder, shard.seed)}
        elif not even_done and done_path(folder, shard) is not None:
            continue
        else:
            check_cut(folder, shard, _has_answers_or_goes)
            stems = {shard.stem}
        for stem in sorted(stems):
            locks.take(shard_lock(folder, stem), str(path_of(folder, stem)))


def check_cut(folder: Path, shard: Shard, counts: Callable[[OutputFile], bool] = holds_answers) -> None:
    """Refuse a shard of which an earlier run asked a part in other chunks.

    Args:
        folder: holds the outputs.
        shard: the shard to ask.
        counts: whether a file of other chunks is in the way.

    Raises:
        NorthstarError: a file is in the way.
    """
    family = {shard.stem} if shard.num_chunks == 1 else set(shard.siblings)
    for file in output_files(folder):
        if file.seed == shard.seed and file.stem not in family and not file.is_whole and counts(file):
            raise NorthstarError(
                f"{folder} holds {file.stem}, which holds a part of the same generations in other chunks; use the "
                "same --num_chunks as before, or --rerun_done without --num_chunks to set it aside."
            )


def _has_answers_or_goes(file: OutputFile) -> bool:
    """Whether the file holds answers; one without is removed. Raises NorthstarError if another process writes it."""
    folder = file.path.parent
    output = str(path_of(folder, file.stem))
    with locked(join_lock(folder, file.seed), output, wait=True), locked(shard_lock(folder, file.stem), output):
        if holds_answers(file):
            return True
        file.path.unlink(missing_ok=True)
        return False


def open_journal(folder: Path, shard: Shard, counts: BenchmarkCounters, stack: ExitStack) -> Journal | None:
    """Open and replay the journal of a locked shard, and count its samples; None when the shard is done."""
    if done_path(folder, shard) is not None:  # perhaps finished just now by the process that held the lock
        counts.skip(len(shard.rows))
        return None
    counts.total += len(shard.rows)
    path = journal_path(folder, shard)
    journal = Journal(path, benchmark=shard.benchmark, seed=shard.seed, rows=shard.rows, counts=counts)
    stack.callback(journal.close)
    return journal
