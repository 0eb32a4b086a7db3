"""What is left of a plan: shards that are neither done nor in a job that waits or runs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from northstar.config.plan import JudgePlan, JudgingPlan, Plan
from northstar.core.errors import NorthstarError
from northstar.core.text import counted
from northstar.engine.shards import check_cut
from northstar.jobs.arrangement import needs_own_job
from northstar.jobs.executor import Executor
from northstar.jobs.job import recorded_jobs
from northstar.results.judgement_files import merge_judgements
from northstar.results.layout import Shard, benchmark_folder, judge_folder_name, judged_folder, shard_key, whole_and_cut
from northstar.results.outputs import finish_joining
from northstar.results.state import done_path

Active = Mapping[str, str]
"""Key of a shard → the id of the job that has it to do and waits, or runs."""


@dataclass(frozen=True)
class Left:
    """todo: shards to ask, or to judge beside the model. to_judge: benchmark → shards to be judged by a job of its own.

    notes: what was left out, a sentence each.
    """

    todo: Sequence[Shard]
    to_judge: Mapping[str, Sequence[Shard]]
    notes: tuple[str, ...]


def active_shards(output_dir: Path, executor: Executor) -> dict[str, str]:
    """The shards of this folder that jobs still have to do. Raises NorthstarError when the scheduler can't be asked."""
    jobs = [each.job for each in recorded_jobs(output_dir) if each.executor == "slurm"]
    states = executor.poll([number for job in jobs for number in job.ids])
    return {
        shard.key: number
        for job in jobs
        for number in job.ids
        if number in states and states[number].active
        for shard in job.shards
    }


def settle(plan: Plan | JudgingPlan, shards: Mapping[str, Sequence[Shard]]) -> None:
    """See to what a worker that ended didn't get to: chunks are put together, records take up their judgements.

    shards: all of the plan, by benchmark.
    """
    for part in plan.benchmarks:
        folder = benchmark_folder(plan.output_dir, part.name)
        for shard in shards[part.name]:
            finish_joining(folder, shard)
            if part.judge is not None and _is_done(folder, shard, part.judge):
                merge_judgements(folder, part.judge.name, shard.seed)


def left_of(plan: Plan, shards: Mapping[str, Sequence[Shard]], active: Active, *, anew: bool) -> Left:
    """shards: all of the plan, by benchmark. anew: what is done of them counts for nothing. Reads only.

    Raises NorthstarError for rows that were cut into other chunks before.
    """
    cuts = {whole: (cut, number) for key, number in active.items() for whole, cut in [whole_and_cut(key)]}
    todo: list[Shard] = []
    to_judge: dict[str, Sequence[Shard]] = {}
    notes: list[str] = []
    busy: list[str] = []  # the job of each
    done = 0
    for part in plan.benchmarks:
        folder = benchmark_folder(plan.output_dir, part.name)
        own = part.judge if needs_own_job(part) else None
        for shard in shards[part.name]:
            if (key := shard_key(shard.benchmark, shard.stem)) in active:
                busy.append(active[key])
            elif not anew and _is_done(folder, shard, None if own else part.judge):
                done += 1
            else:
                if not anew or shard.num_chunks > 1:
                    _check_cut(plan.output_dir, shard, cuts)
                todo.append(shard)
        if own is not None and plan.chunks.ids != tuple(range(plan.chunks.count)):
            notes.append(f"{part.name} is not judged yet; ns judge {plan.output_dir} does it once all is there.")
        elif own is not None:
            to_judge |= _to_judge(part.name, own, folder, _whole(shards[part.name]), active, anew=anew)
    if done:
        notes.append(f"{done} of {done + len(busy) + len(todo)} outputs are done; they are not submitted.")
    if busy:
        notes.append(f"Jobs that wait or run already have {counted(len(busy), 'output')}: {some(set(busy))}.")
    return Left(todo, to_judge, tuple(notes))


def left_to_judge(
    plan: JudgingPlan, shards: Mapping[str, Sequence[Shard]], active: Active
) -> tuple[dict[str, Sequence[Shard]], tuple[str, ...]]:
    """The same for `ns judge`: benchmark → shards; and what was left out. shards: all that are finished."""
    found: dict[str, Sequence[Shard]] = {}
    for part in plan.benchmarks:
        folder = benchmark_folder(plan.output_dir, part.name)
        found |= _to_judge(part.name, part.judge, folder, shards[part.name], active, anew=plan.rerun_done)
    total = sum(map(len, shards.values()))
    left = sum(map(len, found.values()))
    return found, ((f"{total - left} of {total} outputs are judged, or are being judged.",) if left < total else ())


def _check_cut(output_dir: Path, shard: Shard, cuts: Mapping[str, tuple[str, str]]) -> None:
    """Refuse rows that are there, or in a job that waits or runs, cut into other chunks. cuts: of its shards."""
    whole, cut = whole_and_cut(shard_key(shard.benchmark, shard.stem))
    if whole in cuts and cuts[whole][0] != cut:
        other, number = cuts[whole]
        before = f"with --num_chunks={other}" if other else "without --num_chunks"
        raise NorthstarError(
            f"job {number} has rows of {whole} already, submitted {before}; submit them alike, or end it first by "
            f"ns cancel {output_dir}."
        )
    check_cut(benchmark_folder(output_dir, shard.benchmark), shard)


def _is_done(folder: Path, shard: Shard, judge: JudgePlan | None) -> bool:
    if done_path(folder, shard) is None:
        return False
    return judge is None or done_path(judged_folder(folder, judge.name), shard) is not None


def _to_judge(
    benchmark: str, judge: JudgePlan, folder: Path, shards: Sequence[Shard], active: Active, *, anew: bool
) -> dict[str, Sequence[Shard]]:
    name = judge_folder_name(judge.name)
    left = [
        shard
        for shard in shards
        if shard_key(benchmark, shard.stem, name) not in active and (anew or not _is_done(folder, shard, judge))
    ]
    return {benchmark: left} if left else {}


def _whole(shards: Sequence[Shard]) -> list[Shard]:
    """The seeds of these shards, each as one."""
    by_seed: dict[int | None, int] = {}
    for shard in shards:
        by_seed[shard.seed] = max(by_seed.get(shard.seed, 0), shard.rows.stop)
    return [Shard(shards[0].benchmark, seed, range(rows)) for seed, rows in by_seed.items()]


def some(names: Collection[str]) -> str:
    """The first of these numbers or names, for a message."""
    shown = sorted(names, key=lambda name: (len(name), name))
    return ", ".join(shown[:8]) + (f" and {len(shown) - 8} more" if len(shown) > 8 else "")
