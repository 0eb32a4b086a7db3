"""Turns the remaining shards of a plan into jobs and their dependencies: pure functions."""

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


@dataclass(frozen=True)
class Sharing:
    """Jobs of earlier submissions that share the work of a plan.

    Attributes:
        ids: The ids of those that wait or run.
        followers: The ids of jobs that wait for them: judges and summaries.
    """

    ids: tuple[str, ...] = ()
    followers: tuple[str, ...] = ()


NONE_SHARE = Sharing()


@dataclass(frozen=True, kw_only=True)
class Arranged:
    """A job ready to be submitted.

    Attributes:
        job: What its worker does.
        shards: The shards it works on, for `ns status`.
        after: Names of jobs in this submission that must succeed first.
        after_ids: Ids of jobs of earlier submissions that must succeed first.
        after_any: Wait only until those jobs end, however they end.
        server: The server it starts; None if it starts none.
        about: What it does, one line per benchmark.
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

    @property
    def shares(self) -> bool:
        """Whether it shares its shards with other jobs."""
        return self.job.plan is not None and self.job.plan.pooled


def arrange(
    plan: Plan,
    todo: Sequence[Shard],
    to_judge: Mapping[tuple[str, str], Sequence[Shard]],
    options: JobOptions,
    active: Mapping[str, str],
    sharing: Sharing = NONE_SHARE,
) -> list[Arranged]:
    """Make the model's jobs, the jobs of judges that need their own, and the summary.

    Args:
        plan: The plan that these shards belong to.
        todo: Remaining shards to generate, or to judge in the model's job.
        to_judge: Judge and benchmark → shards to judge in separate jobs.
        options: How many jobs to make.
        active: Shard key → id of the pending or running job that has it.
        sharing: The jobs that it shares its work with.
    """
    if plan.pooled:
        packed = [list(todo)] * (options.num_jobs or 1) if todo else []
        names = [f"shared-{number}" for number in range(1, len(packed) + 1)]
    else:
        packed = pack(todo, options.num_jobs)
        names = distinct([job_name(shards, number, len(packed)) for number, shards in enumerate(packed)])
    bare = plan.model_copy(update={"judges": tuple(each for each in plan.judges if not needs_own_job(plan, each))})
    jobs = [_model_job(bare, name, shards) for name, shards in zip(names, packed, strict=True)]
    if plan.generate is None:
        jobs += _jobs_of_judges(plan, to_judge)
    else:
        for (by, name), shards in to_judge.items():
            judge = next(judge for judge in plan.judges_of(name) if judge.name == by)
            jobs += _judge_jobs(plan, judge, shards, options.num_jobs == -1, jobs, active, sharing)
    if jobs:
        jobs.append(_summary(plan, tuple(job.name for job in jobs), tuple(sorted({*active.values(), *sharing.ids}))))
    return jobs


def needs_own_job(plan: Plan, judge: JudgeStage) -> bool:
    """Return whether this judge needs a separate job: after all that share the answers, or with a server to start."""
    return plan.generate is None or plan.pooled or is_hosted(judge.server)


def _model_job(plan: Plan, name: str, shards: Sequence[Shard]) -> Arranged:
    assert plan.generate is not None
    keys = [ShardKey(benchmark=shard.benchmark, seed=shard.seed, chunk=shard.chunk) for shard in shards]
    shown = shown_shards(shards)
    job = Job(name=name, plan=plan.narrowed(keys))
    about = _about(shown)
    if plan.pooled:
        about = ("Takes of these what no other job has, as it gets done what it took:", *about)
    return Arranged(job=job, shards=shown, server=_started(plan.generate.server), about=about)


def _jobs_of_judges(plan: Plan, shards: Mapping[tuple[str, str], Sequence[Shard]]) -> list[Arranged]:
    """Make one job per judge, for finished outputs. shards: by judge and benchmark."""
    judges = [judge.of(part for part in judge.benchmarks if (judge.name, part.name) in shards) for judge in plan.judges]
    judges = [judge for judge in judges if judge.benchmarks]
    jobs = []
    for name, judge in zip(distinct([f"judge-{judge_folder_name(each.name)}" for each in judges]), judges, strict=True):
        folder = judge_folder_name(judge.name)
        mine = tuple(
            shard for part in judge.benchmarks for shard in shown_shards(shards[judge.name, part.name], folder)
        )
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
    sharing: Sharing,
) -> list[Arranged]:
    """Make one job for all shards of a benchmark, or one per shard, after the model's jobs that generate them."""
    benchmark = shards[0].benchmark
    folder = judge_folder_name(judge.name)
    by = f"judge-{folder}" if len(plan.judges_of(benchmark)) > 1 else "judge"
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
                job=Job(name=f"{job_name(mine, 0, 1)}-{by}", plan=judging),
                shards=shown,
                after=waits,
                after_ids=tuple(
                    sorted({*sharing.ids, *(id_ for key, id_ in active.items() if whole_and_cut(key)[0] in keys)})
                ),
                after_any=plan.pooled,  # the answers may be complete although one of those that share them failed
                server=_started(judge.server),
                about=_about(shown),
            )
        )
    return jobs


def _summary(plan: Plan, after: tuple[str, ...], after_ids: tuple[str, ...] = ()) -> Arranged:
    recipe = None if plan.follows is None else plan.follows.recipe
    summary = SummaryPlan(output_dir=plan.output_dir, extra_benchmarks=plan.extra_benchmarks, recipe=recipe)
    job = Job(name=SUMMARY, summary=summary)
    about = ("Sums up what is complete once the others have ended, however they did.",)
    return Arranged(job=job, after=after, after_ids=after_ids, after_any=True, about=about)


def _started(server: ServerPlan) -> ServerPlan | None:
    return server if is_hosted(server) else None


def _about(shards: Sequence[JobShard]) -> tuple[str, ...]:
    """Describe the shards: 'aime24: 16 outputs, 480 samples'."""
    found = []
    for name in dict.fromkeys(shard.benchmark for shard in shards):
        mine = [shard for shard in shards if shard.benchmark == name]
        what = mine[0].stem if len(mine) == 1 else counted(len(mine), "output")
        judged = f", judged by {mine[0].judge}" if mine[0].judge else ""
        found.append(f"{name}: {what}, {counted(sum(shard.rows for shard in mine), 'sample')}{judged}")
    return tuple(found)
