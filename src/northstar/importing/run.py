"""Imports generations: matches them to the rows, journals them, and has them graded like those of a run."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from northstar.benchmarks.loading import LoadedBenchmark, check_eval_config, configured, open_rows
from northstar.config.plan import BenchmarkPlan, GenerateStage, Plan, ServerPlan
from northstar.config.settings import EvalSettings, RunSettings
from northstar.core.errors import UsageError
from northstar.core.lock import Locks
from northstar.core.records import Generation, Grade, Row
from northstar.core.text import counted
from northstar.engine.benchmark_counters import BenchmarkCounters
from northstar.engine.counters import RunCounters, Stage
from northstar.engine.grading import Graders
from northstar.engine.open_shard import OpenShard
from northstar.engine.preflight.preflight import Ready
from northstar.engine.registration import Registration, check_described, ending_noted
from northstar.engine.run_with_server import GRADERS_A_PROCESS, first_of, grading_processes
from northstar.engine.sample_loop import SampleLoop
from northstar.engine.sandboxing import find_walls, programs_at_once
from northstar.engine.schedule.schedule import PendingSamples
from northstar.engine.shards import Opener, lock_shards, open_shards
from northstar.engine.superseding import SetAside
from northstar.engine.worker import make_folders, solver_context_of
from northstar.importing.matching import How
from northstar.importing.sources import find_sources
from northstar.importing.staging import write_journals
from northstar.importing.survey import Survey, named, survey
from northstar.prompts.prompt import load_prompt
from northstar.provenance import provenance
from northstar.provenance.differences import IMPORTED, OF_SEED
from northstar.provenance.identified import Models
from northstar.provenance.results_name import kind_of, results_name
from northstar.results import outputs
from northstar.results.layout import Shard, benchmark_folder, journal_path, whole_stem
from northstar.results.state import done_path, generations_in
from northstar.sandbox.tiers import Tier
from northstar.solvers.single_turn import SingleTurn
from northstar.task.benchmark import Benchmark
from northstar.task.grader import described_grader

_SERVER = "imported"
"""The type of the server in the plan: there is none."""


@dataclass(frozen=True)
class ImportPlan:
    """What to import, and where to.

    Attributes:
        path: The file or folder of the other tool.
        model: What made the generations, where the user says so.
        partial: Take the rows that every seed has, where some are missing.
    """

    path: Path
    output_dir: Path
    benchmark: Benchmark
    split: str
    data_dir: Path
    settings: EvalSettings
    run: RunSettings
    model: str | None = None
    partial: bool = False
    sandbox: str = "auto"
    extra_benchmarks: tuple[Path, ...] = ()


async def import_generations(plan: ImportPlan, counters: RunCounters) -> None:
    """Import what `plan.output_dir` still lacks, and count the progress. Asks nobody.

    Raises:
        UsageError: The benchmark's generations are more than a text.
        NorthstarError: A file cannot be read or doesn't fit the rows, or the folder holds other results.
    """
    with ExitStack() as stack:
        counters.begin(Stage.PREPARING, f"reading {plan.path}")
        loaded = _loaded(plan)
        stack.callback(loaded.rows.close)
        name = loaded.name
        counters.benchmarks[name] = BenchmarkCounters(score_name=loaded.benchmark.metrics.live_score)
        found = await asyncio.to_thread(lambda: survey(find_sources(plan.path), loaded.rows))
        found.check(plan.path, name, partial=plan.partial)
        counters.notices += [f"note: {name}: {line}" for line in _notes(found)]
        loaded.rows.narrow(found.whole)
        shards = [Shard(name, seed, range(len(found.whole))) for seed in found.seeds]
        ready = _ready(plan, loaded, shards, found)
        make_folders(plan.output_dir, [name])
        walls = await find_walls(ready, counters.notices.append)
        locks, folder = Locks(stack), benchmark_folder(plan.output_dir, name)
        lock_shards(folder, shards, locks, even_done=False)
        note = ready.registration.enter(SetAside(), counters)
        with ending_noted(note, counters):
            note({IMPORTED: _facts(found, plan)})
            lacking = [shard for shard in shards if not _is_there(folder, shard)]
            await asyncio.to_thread(write_journals, folder, lacking, found, plan.settings)
            opener = Opener(plan.output_dir, loaded, counters.benchmarks[name], stack, locks, record_of(found))
            opened = await open_shards(plan.output_dir, {name: opener}, ready.shards, locks)
            counters.resumed, counters.shards = len(found.whole) * (len(shards) - len(lacking)), opened
            if walls is not None:
                note.soon({"sandbox": walls.about})
            try:
                await _grade(ready, opened, counters, walls)
            except BaseExceptionGroup as errors:
                raise first_of(errors) from errors


async def _grade(ready: Ready, opened: Sequence[OpenShard], counters: RunCounters, walls: Tier | None) -> None:
    run = ready.generate.run
    loop = SampleLoop(opened, PendingSamples(opened), counters)
    assert not loop.left_to_ask, "a journal lacks generations"
    counters.begin(Stage.GRADING)
    graders = Graders(GRADERS_A_PROCESS * grading_processes(run), 2 * programs_at_once(run))
    async with solver_context_of(ready, walls) as solver_context:
        await loop.run(None, solver_context, 0, graders)


def record_of(found: Survey) -> outputs.RecordOf:
    """Make the function that writes a record, with the tool that generated it."""
    tool = found.sources.tool.name

    def record(row: Row, generation: Generation, grade: Grade) -> dict[str, Any]:
        return outputs.record(row, generation, grade) | {outputs.IMPORTED: tool}

    return record


def _loaded(plan: ImportPlan) -> LoadedBenchmark:
    benchmark, settings = plan.benchmark, plan.settings
    if not isinstance(benchmark.solver, SingleTurn) or benchmark.tools:
        raise UsageError(
            f"{benchmark.name} asks several questions a row, or offers tools: what other tools write of it can't be "
            "imported, only one text a row."
        )
    check_eval_config({benchmark.name: benchmark.grader}, settings.eval_config)
    return LoadedBenchmark(
        plan=BenchmarkPlan(name=benchmark.name, split=plan.split, seeds=(None,), settings=settings),
        benchmark=benchmark,
        rows=open_rows(benchmark, plan.split, plan.data_dir, None),
        prompt=load_prompt(benchmark.prompt),
        grader=configured(benchmark.grader, settings.eval_config),
    )


def _is_there(folder: Path, shard: Shard) -> bool:
    """Whether the shard is done, or an import that was killed has journaled it: its journal appears whole."""
    done = done_path(folder, shard) is not None
    return done or generations_in(journal_path(folder, shard)) == len(shard.rows)


def _ready(plan: ImportPlan, loaded: LoadedBenchmark, shards: Sequence[Shard], found: Survey) -> Ready:
    """Check the import against the output folder. Raises NorthstarError if that holds other results."""
    whole = Plan(
        output_dir=plan.output_dir,
        generate=GenerateStage(
            server=ServerPlan(type=_SERVER),
            benchmarks=(loaded.plan,),
            data_dir=plan.data_dir,
            run=plan.run,
            sandbox=plan.sandbox,
        ),
        extra_benchmarks=plan.extra_benchmarks,
    )
    identity = _identity(plan, loaded, found)
    kinds = {kind_of(seed): seed for seed in found.seeds}.values()
    identities = {results_name(loaded.name, seed): identity | _sources(found, seed) for seed in kinds}
    for seed in kinds:
        check_described(plan.output_dir, loaded.name, seed)
    provenance.check(plan.output_dir, identities)
    stored = {"import": str(plan.path), "benchmark": loaded.name, "split": plan.split, "partial": plan.partial}
    registration = Registration(plan.output_dir, identities, stored, None, Models())
    return Ready(whole, [loaded], {loaded.name: list(shards)}, registration)


def _identity(plan: ImportPlan, loaded: LoadedBenchmark, found: Survey) -> dict[str, Any]:
    """Everything that can change a result, flat, as provenance.identity lists it for a run."""
    model = plan.model or found.sources.model
    parse = plan.settings.parse_reasoning
    grader = {f"grader.{key}": value for key, value in described_grader(loaded.grader).items() if value is not None}
    left_out = found.total - len(found.whole)
    taken = hashlib.sha256(" ".join(map(str, found.whole)).encode()).hexdigest()
    return {
        "split": plan.split,
        "data_sha256": loaded.rows.sha256,
        "rows": len(found.whole),
        **({"rows_left_out": left_out, "rows_taken": taken} if left_out else {}),
        **({"model": model} if model else {}),
        IMPORTED: found.sources.tool.name,
        **({} if parse is None else {"parse_reasoning": parse}),
        "end_reasoning_string": plan.settings.end_reasoning_string,
        **found.sources.sampling,
        **grader,
    }


def _sources(found: Survey, kind: int | None) -> dict[str, str]:
    """The files of each seed of the kind of `kind`, by a hash: other seeds can be added, others of the same can't."""
    of_seed: dict[int | None, list[str]] = {seed: [] for seed in found.seeds if (seed is None) == (kind is None)}
    for file in found.files:
        for seed in {seed for record in range(len(file.rows)) for seed in file.seeds(record)} & of_seed.keys():
            of_seed[seed].append(file.sha256)
    return {
        f"{OF_SEED}{whole_stem(seed)}": hashlib.sha256(" ".join(hashes).encode()).hexdigest()
        for seed, hashes in of_seed.items()
    }


def _facts(found: Survey, plan: ImportPlan) -> Mapping[str, Any]:
    """What run.json says of an import."""
    return {
        "tool": found.sources.tool.name,
        "model": plan.model or found.sources.model,
        "files": [
            {"path": str(file.source.path), "sha256": file.sha256, "records": len(file.rows)} for file in found.files
        ],
        "matched": {how.value.removeprefix("matched "): found.how[how] for how in How if how.is_match},
        "rows": len(found.whole),
        "rows_left_out": found.total - len(found.whole),
        "problems": found.problems,
        "other_references": len(found.other_references),
    }


def _notes(found: Survey) -> list[str]:
    """What the user should know of an import that is done nevertheless."""
    notes = list(found.problems)
    if left_out := found.total - len(found.whole):
        notes.append(f"{left_out} of {counted(found.total, 'row')} left out (--partial).")
    if others := found.other_references:
        notes.append(
            f"the reference answer of {counted(len(others), 'row')} is written differently here ({named(others)}); "
            "Northstar grades by its own."
        )
    return notes
