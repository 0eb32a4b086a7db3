"""From a plan and what is left of it to jobs that wait for each other: pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from northstar.config.jobs import JobOptions
from northstar.config.plan import BenchmarkPlan, JudgedBenchmark, JudgePlan, JudgingPlan, Plan, ServerPlan, ShardKey
from northstar.core.text import counted
from northstar.jobs.job import Job, JobShard, SummaryPlan, shown_shards
from northstar.jobs.packing import distinct, job_name, pack
from northstar.results.layout import Shard, judge_folder_name, shard_key, whole_and_cut
from northstar.servers.server import is_hosted

SUMMARY = "summary"


@dataclass(frozen=True, kw_only=True)
class Arranged:
    """A job as it is submitted. after: names of jobs of the same submission that it waits for, to have succeeded
    (or, if `after_any`, to have ended); after_ids: the same of jobs that were there before. server: the server that it
    starts; None: it starts none.
    """

    job: Job
    shards: tuple[JobShard, ...] = ()
    after: tuple[str, ...] = ()
    after_ids: tuple[str, ...] = ()
    after_any: bool = False
    server: ServerPlan | None = None
    about: tuple[str, ...] = field(default=())

    @property
    def name(self) -> str:
        return self.job.name


def arrange(
    plan: Plan,
    todo: Sequence[Shard],
    to_judge: Mapping[str, Sequence[Shard]],
    options: JobOptions,
    seconds: Mapping[str, float],
    active: Mapping[str, str],
) -> list[Arranged]:
    """The model's jobs, those of judges that need the hardware for themselves, and the summary.

    todo: shards to ask, or to judge beside the model. to_judge: benchmark → shards to be judged by a server that is
    started for it. seconds: how long a row of a benchmark takes. active: key of a shard → the job that has it already.
    """
    judges = {part.name: part.judge for part in plan.benchmarks if needs_own_job(part)}
    bare = plan.model_copy(update={"benchmarks": tuple(_without_own_job(part) for part in plan.benchmarks)})
    packed = pack(todo, options.num_jobs, seconds)
    names = distinct([job_name(shards, number, len(packed)) for number, shards in enumerate(packed)])
    jobs = [_model_job(bare, name, shards) for name, shards in zip(names, packed, strict=True)]
    for name, shards in to_judge.items():
        judge = judges[name]
        assert judge is not None
        jobs += _judge_jobs(plan, judge, shards, options.num_jobs == -1, jobs, active)
    if jobs:
        jobs.append(_summary(plan, tuple(job.name for job in jobs), tuple(sorted(set(active.values())))))
    return jobs


def arrange_judging(plan: JudgingPlan, shards: Mapping[str, Sequence[Shard]]) -> list[Arranged]:
    """`ns judge`: a job a judge, and the summary."""
    judges: list[JudgePlan] = []
    for part in plan.benchmarks:
        if part.name in shards and part.judge not in judges:
            judges.append(part.judge)
    names = distinct([f"judge-{judge_folder_name(judge.name)}" for judge in judges])
    jobs = []
    for name, judge in zip(names, judges, strict=True):
        parts = [part for part in plan.benchmarks if part.name in shards and part.judge == judge]
        mine = tuple(
            shard for part in parts for shard in shown_shards(shards[part.name], judge_folder_name(judge.name))
        )
        job = Job(name=name, judge=plan.model_copy(update={"benchmarks": tuple(parts)}))
        jobs.append(Arranged(job=job, shards=mine, server=_started(judge.server), about=_about(mine)))
    return [*jobs, _summary(plan, tuple(job.name for job in jobs))] if jobs else []


def needs_own_job(part: BenchmarkPlan) -> bool:
    """Whether its judge's server is started for it, and so can't judge beside the model."""
    return part.judge is not None and is_hosted(part.judge.server)


def _without_own_job(part: BenchmarkPlan) -> BenchmarkPlan:
    return part.model_copy(update={"judge": None}) if needs_own_job(part) else part


def _model_job(plan: Plan, name: str, shards: Sequence[Shard]) -> Arranged:
    keys = [ShardKey(benchmark=shard.benchmark, seed=shard.seed, chunk=shard.chunk) for shard in shards]
    shown = shown_shards(shards)
    job = Job(name=name, eval=plan.narrowed(keys))
    return Arranged(job=job, shards=shown, server=_started(plan.server), about=_about(shown))


def _judge_jobs(
    plan: Plan,
    judge: JudgePlan,
    shards: Sequence[Shard],
    each: bool,
    models: Sequence[Arranged],
    active: Mapping[str, str],
) -> list[Arranged]:
    """One for all of these shards of a benchmark, or one each; it waits for the model's jobs that have its shards."""
    benchmark = shards[0].benchmark
    folder = judge_folder_name(judge.name)
    jobs = []
    for mine in [[shard] for shard in shards] if each else [list(shards)]:
        seeds = dict.fromkeys(shard.seed for shard in mine)
        keys = tuple(shard_key(benchmark, shard.stem) for shard in mine)
        name = f"{job_name(mine, 0, 1)}-judge"
        waits = tuple(
            job.name
            for job in models
            if job.job.eval is not None and any(whole_and_cut(shard.key)[0] in keys for shard in job.shards)
        )
        judging = JudgingPlan(
            output_dir=plan.output_dir,
            benchmarks=(JudgedBenchmark(name=benchmark, seeds=tuple(seeds), judge=judge),),
            extra_benchmarks=plan.extra_benchmarks,
        )
        shown = shown_shards(mine, folder)
        about = _about(shown)
        jobs.append(
            Arranged(
                job=Job(name=name, judge=judging),
                shards=shown,
                after=waits,
                after_ids=tuple(sorted({number for key, number in active.items() if whole_and_cut(key)[0] in keys})),
                server=_started(judge.server),
                about=about,
            )
        )
    return jobs


def _summary(plan: Plan | JudgingPlan, after: tuple[str, ...], after_ids: tuple[str, ...] = ()) -> Arranged:
    job = Job(name=SUMMARY, summary=SummaryPlan(output_dir=plan.output_dir, extra_benchmarks=plan.extra_benchmarks))
    about = ("Sums up what is complete once the others have ended, however they did.",)
    return Arranged(job=job, after=after, after_ids=after_ids, after_any=True, about=about)


def _started(server: ServerPlan) -> ServerPlan | None:
    return server if is_hosted(server) else None


def _about(shards: Sequence[JobShard]) -> tuple[str, ...]:
    """'aime24: 16 outputs, 480 samples'."""
    found = []
    for name in dict.fromkeys(shard.benchmark for shard in shards):
        mine = [shard for shard in shards if shard.benchmark == name]
        what = mine[0].stem if len(mine) == 1 else counted(len(mine), "output")
        judged = f", judged by {mine[0].judge}" if mine[0].judge else ""
        found.append(f"{name}: {what}, {counted(sum(shard.rows for shard in mine), 'sample')}{judged}")
    return tuple(found)
