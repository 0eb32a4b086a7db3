"""Finds the remaining shards of a plan: neither done nor in a pending or running job."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from northstar.config.plan import JudgeStage, Plan
from northstar.core.errors import NorthstarError
from northstar.core.text import counted
from northstar.engine.preflight.preflight import Ready
from northstar.engine.shards import check_cut
from northstar.jobs.arrangement import Sharing, needs_own_job
from northstar.jobs.executor import Executor
from northstar.jobs.job import recorded_jobs
from northstar.jobs.watched import WatchedJob
from northstar.results.judgement_files import merge_judgements
from northstar.results.layout import Shard, benchmark_folder, judge_folder_name, judged_folder, shard_key, whole_and_cut
from northstar.results.outputs import finish_joining
from northstar.results.state import done_path

Active = Mapping[str, str]
"""Shard key → id of the pending or running job that has it."""


@dataclass(frozen=True)
class Left:
    """The remaining shards of a plan.

    Attributes:
        todo: Shards to generate, or to judge in the model's job.
        to_judge: Judge and benchmark → shards to judge in a separate job.
        notes: What was left out, one sentence each.
    """

    todo: Sequence[Shard]
    to_judge: Mapping[tuple[str, str], Sequence[Shard]]
    notes: tuple[str, ...]


def active_shards(plan: Plan, executor: Executor) -> tuple[dict[str, str], Sharing]:
    """Return the shards of pending and running jobs, without those that a shared plan shares, and the jobs that do.

    Raises NorthstarError if the scheduler can't be asked.
    """
    polled = executor.poll([each for each in recorded_jobs(plan.output_dir) if each.executor == executor.name])
    if polled.why_not:
        raise NorthstarError(polled.why_not)
    active = [job for job in polled.jobs if job.active_ids]
    shared = [job for job in active if plan.pooled and job.job.shares]
    submissions = {(job.folder.parent, job.job.name) for job in polled.jobs if job.job.shares}
    followers = [
        job
        for job in active
        if shared
        and job.state.state == "pending"
        and any((job.folder.parent, name) in submissions for name in job.job.after)
    ]
    left = [job for job in active if job not in shared and job not in followers]
    keys = {shard.key: number for job in left for number in job.active_ids for shard in job.job.shards}
    return keys, Sharing(_ids(shared), _ids(followers))


def _ids(jobs: Sequence[WatchedJob]) -> tuple[str, ...]:
    return tuple(number for job in jobs for number in job.active_ids)


def settle(ready: Ready) -> None:
    """Finish what a worker that ended left undone: join chunks, merge judgements into records."""
    for name, shards in ready.shards.items():
        folder = benchmark_folder(ready.plan.output_dir, name)
        for shard in shards:
            finish_joining(folder, shard)
            for judge in ready.plan.judges_of(name)[:1]:  # records keep the verdicts of one
                if _is_done(folder, shard, [judge]):
                    merge_judgements(folder, judge.name, shard.seed)


def left_of(ready: Ready, active: Active, *, anew: bool) -> Left:
    """Find the shards that are neither done nor in a job. Reads only.

    Args:
        ready: The plan after preflight.
        active: Shards of pending or running jobs.
        anew: Treat finished shards as remaining.

    Raises:
        NorthstarError: Earlier runs cut the rows into other chunks.
    """
    plan = ready.plan
    to_judge: dict[tuple[str, str], Sequence[Shard]] = {}
    todo, notes = ([], []) if plan.generate is None else _left_to_ask(ready, active, anew=anew)
    for judge in plan.judges:
        for name in [part.name for part in judge.benchmarks if needs_own_job(plan, judge)]:
            shards = ready.shards[name]
            if plan.generate is not None and plan.generate.chunks.ids != tuple(range(plan.generate.chunks.count)):
                notes.append(f"{name} is not judged yet; ns judge {plan.output_dir} does it once all is there.")
            elif left := _left_to_judge(
                plan.output_dir, name, judge, _whole(shards), active, anew=anew or name in ready.grown
            ):
                to_judge[judge.name, name] = left
    if plan.generate is None:
        total = sum(len(ready.shards[part.name]) for judge in plan.judges for part in judge.benchmarks)
        left_over = sum(map(len, to_judge.values()))
        if left_over < total:
            notes.append(f"{total - left_over} of {total} outputs are judged, or are being judged.")
    return Left(todo, to_judge, tuple(notes))


def _left_to_ask(ready: Ready, active: Active, *, anew: bool) -> tuple[list[Shard], list[str]]:
    """Return the shards of the model's jobs, and notes on what was left out."""
    output_dir = ready.plan.output_dir
    cuts = {whole: (cut, number) for key, number in active.items() for whole, cut in [whole_and_cut(key)]}
    todo: list[Shard] = []
    busy: list[str] = []  # ids of their jobs
    done = 0
    for name, shards in ready.shards.items():
        folder, judges = benchmark_folder(output_dir, name), ready.plan.judges_of(name)
        beside = [judge for judge in judges if not needs_own_job(ready.plan, judge)]
        worker = _worker_of_all(name, active) if name in ready.growing else None
        for shard in shards:
            if (key := shard_key(shard.benchmark, shard.stem)) in active:
                busy.append(active[key])
            elif worker is not None:
                busy.append(worker)
            elif not anew and name not in ready.grown and _is_done(folder, shard, beside):
                done += 1
            else:
                if not anew or shard.num_chunks > 1:
                    _check_cut(output_dir, shard, cuts)
                todo.append(shard)
    notes: list[str] = []
    if done:
        notes.append(f"{done} of {done + len(busy) + len(todo)} outputs are done; they are not submitted.")
    if busy:
        notes.append(f"Jobs that wait or run already have {counted(len(busy), 'output')}: {some(set(busy))}.")
    return todo, notes


def _worker_of_all(benchmark: str, active: Active) -> str | None:
    """Return the job that has a seed of the benchmark, and so decides on its range of seeds; None without one."""
    return next((number for key, number in active.items() if key.startswith(f"{benchmark}/output-rs")), None)


def _check_cut(output_dir: Path, shard: Shard, cuts: Mapping[str, tuple[str, str]]) -> None:
    """Refuse rows that results or active jobs cut into other chunks. cuts: the cuts of the active jobs' shards."""
    whole, cut = whole_and_cut(shard_key(shard.benchmark, shard.stem))
    if whole in cuts and cuts[whole][0] != cut:
        other, number = cuts[whole]
        before = f"with --num_chunks={other}" if other else "without --num_chunks"
        raise NorthstarError(
            f"job {number} has rows of {whole} already, submitted {before}; submit them alike, or end it first by "
            f"ns cancel {output_dir}."
        )
    check_cut(benchmark_folder(output_dir, shard.benchmark), shard)


def _is_done(folder: Path, shard: Shard, judges: Sequence[JudgeStage]) -> bool:
    """Return whether a shard is generated, and judged by each of these."""
    folders = [folder, *(judged_folder(folder, judge.name) for judge in judges)]
    return all(done_path(each, shard) is not None for each in folders)


def _left_to_judge(
    output_dir: Path, benchmark: str, judge: JudgeStage, shards: Sequence[Shard], active: Active, *, anew: bool
) -> list[Shard]:
    name, folder = judge_folder_name(judge.name), benchmark_folder(output_dir, benchmark)
    return [
        shard
        for shard in shards
        if shard_key(benchmark, shard.stem, name) not in active and (anew or not _is_done(folder, shard, [judge]))
    ]


def _whole(shards: Sequence[Shard]) -> list[Shard]:
    """Join the chunks of each seed into one shard."""
    by_seed: dict[int | None, int] = {}
    for shard in shards:
        by_seed[shard.seed] = max(by_seed.get(shard.seed, 0), shard.rows.stop)
    return [Shard(shards[0].benchmark, seed, range(rows)) for seed, rows in by_seed.items()]


def some(names: Collection[str]) -> str:
    """List the first eight names, for a message."""
    shown = sorted(names, key=lambda name: (len(name), name))
    return ", ".join(shown[:8]) + (f" and {len(shown) - 8} more" if len(shown) > 8 else "")
