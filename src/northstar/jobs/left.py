"""What is left of a plan: units that are neither done nor in a job that waits or runs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from northstar.config.plan import JudgePlan, JudgingPlan, Plan
from northstar.core.errors import NorthstarError
from northstar.core.text import counted
from northstar.engine.units import check_cut
from northstar.jobs.arrangement import needs_own_job
from northstar.jobs.executor import Executor
from northstar.jobs.job import recorded_jobs
from northstar.results.judged import adopt, judge_folder_name, judged_folder, unit_key
from northstar.results.outputs import done_path, finish_joining
from northstar.results.unit import Unit, benchmark_folder, whole_and_cut

Active = Mapping[str, str]
"""Key of a unit → the id of the job that has it to do and waits, or runs."""


@dataclass(frozen=True)
class Left:
    """todo: units to ask, or to judge beside the model. to_judge: benchmark → units to be judged by a job of its own.

    notes: what was left out, a sentence each.
    """

    todo: Sequence[Unit]
    to_judge: Mapping[str, Sequence[Unit]]
    notes: tuple[str, ...]


def active_units(output_dir: Path, executor: Executor) -> dict[str, str]:
    """The units of this folder that jobs still have to do. Raises NorthstarError when the scheduler can't be asked."""
    jobs = [each.job for each in recorded_jobs(output_dir) if each.executor == "slurm"]
    states = executor.poll([number for job in jobs for number in job.ids])
    return {
        unit.key: number
        for job in jobs
        for number in job.ids
        if number in states and states[number].active
        for unit in job.units
    }


def settle(plan: Plan | JudgingPlan, units: Mapping[str, Sequence[Unit]]) -> None:
    """See to what a worker that ended didn't get to: chunks are put together, records take up their judgements.

    units: all of the plan, by benchmark.
    """
    for part in plan.benchmarks:
        folder = benchmark_folder(plan.output_dir, part.name)
        for unit in units[part.name]:
            finish_joining(folder, unit)
            if part.judge is not None and _is_done(folder, unit, part.judge):
                adopt(folder, part.judge.name, unit.seed)


def left_of(plan: Plan, units: Mapping[str, Sequence[Unit]], active: Active, *, anew: bool) -> Left:
    """units: all of the plan, by benchmark. anew: what is done of them counts for nothing. Reads only.

    Raises NorthstarError for rows that were cut into other chunks before.
    """
    cuts = {whole: (cut, number) for key, number in active.items() for whole, cut in [whole_and_cut(key)]}
    todo: list[Unit] = []
    to_judge: dict[str, Sequence[Unit]] = {}
    notes: list[str] = []
    busy: list[str] = []  # the job of each
    done = 0
    for part in plan.benchmarks:
        folder = benchmark_folder(plan.output_dir, part.name)
        own = part.judge if needs_own_job(part) else None
        for unit in units[part.name]:
            if (key := unit_key(unit.benchmark, unit.stem)) in active:
                busy.append(active[key])
            elif not anew and _is_done(folder, unit, None if own else part.judge):
                done += 1
            else:
                if not anew or unit.num_chunks > 1:
                    _check_cut(plan.output_dir, unit, cuts)
                todo.append(unit)
        if own is not None and plan.chunks.ids != tuple(range(plan.chunks.count)):
            notes.append(f"{part.name} is not judged yet; ns judge {plan.output_dir} does it once all is there.")
        elif own is not None:
            to_judge |= _to_judge(part.name, own, folder, _whole(units[part.name]), active, anew=anew)
    if done:
        notes.append(f"{done} of {done + len(busy) + len(todo)} outputs are done; they are not submitted.")
    if busy:
        notes.append(f"Jobs that wait or run already have {counted(len(busy), 'output')}: {some(set(busy))}.")
    return Left(todo, to_judge, tuple(notes))


def left_to_judge(
    plan: JudgingPlan, units: Mapping[str, Sequence[Unit]], active: Active
) -> tuple[dict[str, Sequence[Unit]], tuple[str, ...]]:
    """The same for `ns judge`: benchmark → units; and what was left out. units: all that are finished."""
    found: dict[str, Sequence[Unit]] = {}
    for part in plan.benchmarks:
        folder = benchmark_folder(plan.output_dir, part.name)
        found |= _to_judge(part.name, part.judge, folder, units[part.name], active, anew=plan.rerun_done)
    total = sum(map(len, units.values()))
    left = sum(map(len, found.values()))
    return found, ((f"{total - left} of {total} outputs are judged, or are being judged.",) if left < total else ())


def _check_cut(output_dir: Path, unit: Unit, cuts: Mapping[str, tuple[str, str]]) -> None:
    """Refuse rows that are there, or in a job that waits or runs, cut into other chunks. cuts: of those jobs' units."""
    whole, cut = whole_and_cut(unit_key(unit.benchmark, unit.stem))
    if whole in cuts and cuts[whole][0] != cut:
        other, number = cuts[whole]
        before = f"with --num_chunks={other}" if other else "without --num_chunks"
        raise NorthstarError(
            f"job {number} has rows of {whole} already, submitted {before}; submit them alike, or end it first by "
            f"ns cancel {output_dir}."
        )
    check_cut(benchmark_folder(output_dir, unit.benchmark), unit)


def _is_done(folder: Path, unit: Unit, judge: JudgePlan | None) -> bool:
    if done_path(folder, unit) is None:
        return False
    return judge is None or done_path(judged_folder(folder, judge.name), unit) is not None


def _to_judge(
    benchmark: str, judge: JudgePlan, folder: Path, units: Sequence[Unit], active: Active, *, anew: bool
) -> dict[str, Sequence[Unit]]:
    name = judge_folder_name(judge.name)
    left = [
        unit
        for unit in units
        if unit_key(benchmark, unit.stem, name) not in active and (anew or not _is_done(folder, unit, judge))
    ]
    return {benchmark: left} if left else {}


def _whole(units: Sequence[Unit]) -> list[Unit]:
    """The seeds of these units, each as one."""
    by_seed: dict[int | None, int] = {}
    for unit in units:
        by_seed[unit.seed] = max(by_seed.get(unit.seed, 0), unit.rows.stop)
    return [Unit(units[0].benchmark, seed, range(rows)) for seed, rows in by_seed.items()]


def some(names: Collection[str]) -> str:
    """The first of these numbers or names, for a message."""
    shown = sorted(names, key=lambda name: (len(name), name))
    return ", ".join(shown[:8]) + (f" and {len(shown) - 8} more" if len(shown) > 8 else "")
