"""From a plan and what is left of it to jobs that wait for each other: pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from northstar.config.options.jobs import JobOptions
from northstar.config.plan import JudgedBenchmark, JudgeStage, Plan, ServerPlan, ShardKey
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
    """The model's jobs, those of judges that need a job of their own, and the summary.

    Args:
        plan: of which these shards are what is left to do.
        todo: shards to ask, or to judge beside the model.
        to_judge: benchmark → shards to be judged by jobs of their own.
        options: how many jobs there are to be.
        seconds: how long a row of a benchmark takes.
        active: key of a shard → the job that has it already.
    """
    packed = pack(todo, options.num_jobs, seconds)
    names = distinct([job_name(shards, number, len(packed)) for number, shards in enumerate(packed)])
    bare = plan.model_copy(update={"judges": tuple(each for each in plan.judges if not needs_own_job(plan, each))})
    jobs = [_model_job(bare, name, shards) for name, shards in zip(names, packed, strict=True)]
    if plan.generate is None:
        jobs += _jobs_of_judges(plan, to_judge)
    else:
        for name, shards in to_judge.items():
            judge = plan.judge_of(name)
            assert judge is not None
            jobs += _judge_jobs(plan, judge, shards, options.num_jobs == -1, jobs, active)
    if jobs:
        jobs.append(_summary(plan, tuple(job.name for job in jobs), tuple(sorted(set(active.values())))))
    return jobs


def needs_own_job(plan: Plan, judge: JudgeStage) -> bool:
    """Whether this judge can't judge beside the model: there is none, or the judge's server is started for it."""
    return plan.generate is None or is_hosted(judge.server)


def _model_job(plan: Plan, name: str, shards: Sequence[Shard]) -> Arranged:
    assert plan.generate is not None
    keys = [ShardKey(benchmark=shard.benchmark, seed=shard.seed, chunk=shard.chunk) for shard in shards]
    shown = shown_shards(shards)
    job = Job(name=name, plan=plan.narrowed(keys))
    return Arranged(job=job, shards=shown, server=_started(plan.generate.server), about=_about(shown))


def _jobs_of_judges(plan: Plan, shards: Mapping[str, Sequence[Shard]]) -> list[Arranged]:
    """One a judge, for outputs that are finished. shards: by benchmark."""
    judges = [judge.of(part for part in judge.benchmarks if part.name in shards) for judge in plan.judges]
    judges = [judge for judge in judges if judge.benchmarks]
    jobs = []
    for name, judge in zip(distinct([f"judge-{judge_folder_name(each.name)}" for each in judges]), judges, strict=True):
        folder = judge_folder_name(judge.name)
        mine = tuple(shard for part in judge.benchmarks for shard in shown_shards(shards[part.name], folder))
        job = Job(name=name, plan=plan.model_copy(update={"judges": (judge,)}))
        jobs.append(Arranged(job=job, shards=mine, server=_started(judge.server), about=_about(mine)))
    return jobs


def _judge_jobs(
    plan: Plan,
    judge: JudgeStage,
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
        seeds = tuple(dict.fromkeys(shard.seed for shard in mine))
        keys = tuple(shard_key(benchmark, shard.stem) for shard in mine)
        waits = tuple(
            job.name
            for job in models
            if job.job.kind == "eval" and any(whole_and_cut(shard.key)[0] in keys for shard in job.shards)
        )
        judging = Plan(
            output_dir=plan.output_dir,
            judges=(judge.of([JudgedBenchmark(name=benchmark, seeds=seeds)]),),
            extra_benchmarks=plan.extra_benchmarks,
        )
        shown = shown_shards(mine, folder)
        jobs.append(
            Arranged(
                job=Job(name=f"{job_name(mine, 0, 1)}-judge", plan=judging),
                shards=shown,
                after=waits,
                after_ids=tuple(sorted({number for key, number in active.items() if whole_and_cut(key)[0] in keys})),
                server=_started(judge.server),
                about=_about(shown),
            )
        )
    return jobs


def _summary(plan: Plan, after: tuple[str, ...], after_ids: tuple[str, ...] = ()) -> Arranged:
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
