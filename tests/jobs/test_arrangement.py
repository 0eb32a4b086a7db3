"""Which jobs a plan becomes, and which wait for which."""

from __future__ import annotations

from northstar.config.options.jobs import JobOptions
from northstar.config.plan import (
    Follows,
    GenerateStage,
    JudgeStage,
    ServerPlan,
    ShardKey,
)
from northstar.jobs.arrangement import Arranged, Sharing, arrange
from northstar.results.layout import Shard, chunk_rows
from tests.jobs.plans import AT_AN_ADDRESS, plan

STARTED = ServerPlan(type="llamacpp", model="smollm2", role="judge")


def generated(job: Arranged) -> GenerateStage:
    """What a job of the model's asks."""
    assert job.job.plan is not None
    assert job.job.plan.generate is not None
    return job.job.plan.generate


def judges(job: Arranged) -> tuple[JudgeStage, ...]:
    assert job.job.plan is not None
    return job.job.plan.judges


def shards(benchmark: str, chunks: int = 1) -> list[Shard]:
    rows = [(chunk, chunk_rows(10, chunk, chunks)) for chunk in range(chunks)]
    return [Shard(benchmark, seed, part, chunk, chunks) for seed in (0, 1) for chunk, part in rows]


def shown(jobs: list[Arranged]) -> list[tuple[str, tuple[str, ...]]]:
    return [(job.name, job.after) for job in jobs]


def test_a_summary_waits_for_all_however_they_end() -> None:
    jobs = arrange(plan(), [*shards("hle"), *shards("aime24")], {}, JobOptions(), {})
    assert shown(jobs) == [("hle", ()), ("aime24", ()), ("summary", ("hle", "aime24"))]
    assert [job.after_any for job in jobs] == [False, False, True]


def test_each_job_has_its_shards_and_no_others() -> None:
    todo = [*shards("hle"), *shards("aime24")[1:]]
    jobs = arrange(plan(), todo, {}, JobOptions(num_jobs=-1), {})
    narrowed = [generated(job) for job in jobs if job.job.kind == "eval"]
    assert [[(part.name, part.seeds) for part in each.benchmarks] for each in narrowed] == [
        [("hle", (0,))],
        [("hle", (1,))],
        [("aime24", (1,))],
    ]
    assert [job.name for job in jobs] == ["hle-rs0", "hle-rs1", "aime24-rs1", "summary"]


def test_shards_that_are_no_whole_grid_are_named_one_by_one() -> None:
    todo = [shard for shard in shards("aime24", 2) if (shard.seed, shard.chunk) != (0, 1)]
    (job, _) = arrange(plan(chunks=2), todo, {}, JobOptions(num_jobs=1), {})
    assert generated(job).only == tuple(
        ShardKey(benchmark="aime24", seed=seed, chunk=chunk) for seed, chunk in ((0, 0), (1, 0), (1, 1))
    )


def test_a_judge_that_is_started_waits_for_the_model() -> None:
    held = plan(STARTED)
    jobs = arrange(held, [*shards("hle"), *shards("aime24")], {("smollm2", "hle"): shards("hle")}, JobOptions(), {})
    assert shown(jobs) == [
        ("hle", ()),
        ("aime24", ()),
        ("hle-judge", ("hle",)),
        ("summary", ("hle", "aime24", "hle-judge")),
    ]
    assert judges(jobs[0]) == ()
    assert jobs[2].job.kind == "judge"
    assert jobs[2].server == STARTED
    assert not jobs[2].after_any


def test_a_judge_elsewhere_judges_beside_the_model() -> None:
    (job, *_) = arrange(plan(AT_AN_ADDRESS), shards("hle"), {}, JobOptions(), {})
    assert [judge.server for judge in judges(job)] == [AT_AN_ADDRESS]


def test_with_a_job_for_each_seed_each_judge_waits_for_its_own() -> None:
    jobs = arrange(
        plan(STARTED, chunks=2), shards("hle", 2), {("smollm2", "hle"): shards("hle")}, JobOptions(num_jobs=-1), {}
    )
    waits = dict(shown(jobs))
    assert waits["hle-rs1-judge"] == ("hle-rs1-chunk-0-of-2", "hle-rs1-chunk-1-of-2")


def test_a_judge_waits_for_a_job_of_before_that_still_has_its_shard() -> None:
    active = {"hle/output-rs0": "41", "aime24/output-rs0": "42"}
    jobs = arrange(plan(STARTED), shards("hle")[1:], {("smollm2", "hle"): shards("hle")}, JobOptions(), active)
    assert jobs[1].after_ids == ("41",)


def test_each_of_two_judges_that_are_started_has_a_job_of_its_own() -> None:
    [stage] = plan(STARTED).judges
    other = stage.model_copy(update={"server": STARTED.model_copy(update={"model": "other"})})
    both = plan(STARTED).model_copy(update={"judges": (stage, other)})
    to_judge = {("smollm2", "hle"): shards("hle"), ("other", "hle"): shards("hle")}
    jobs = arrange(both, shards("hle"), to_judge, JobOptions(), {})
    assert [name for name, _ in shown(jobs)] == ["hle", "hle-judge-smollm2", "hle-judge-other", "summary"]


def test_nothing_left_is_no_job() -> None:
    assert arrange(plan(), [], {}, JobOptions(), {}) == []


def test_a_summary_has_the_recipe_whose_verdicts_it_prints() -> None:
    followed = plan().model_copy(update={"follows": Follows(recipe="/lab/my.yaml:hot")})
    *_, summary = arrange(followed, shards("hle"), {}, JobOptions(), {})
    assert summary.job.summary is not None
    assert summary.job.summary.recipe == "/lab/my.yaml:hot"


def test_a_summary_waits_for_jobs_of_before_too() -> None:
    jobs = arrange(plan(), shards("hle"), {}, JobOptions(), {"aime24/output-rs0": "42", "aime24/output-rs1": "42"})
    assert (jobs[-1].name, jobs[-1].after, jobs[-1].after_ids) == ("summary", ("hle",), ("42",))


def test_jobs_that_share_their_work_are_equal_and_judges_wait_for_all_of_them_however_they_end() -> None:
    shared = plan(AT_AN_ADDRESS).model_copy(update={"pooled": True})
    todo = [*shards("hle"), *shards("aime24")]
    jobs = arrange(shared, todo, {("m", "hle"): shards("hle")}, JobOptions(num_jobs=3), {})
    names = ("shared-1", "shared-2", "shared-3")
    assert shown(jobs) == [
        *((name, ()) for name in names),
        ("hle-judge", names),
        ("summary", (*names, "hle-judge")),
    ]
    first, second, third, judge, _ = jobs
    assert first.job.plan == second.job.plan == third.job.plan
    assert (first.shares, judge.shares) == (True, False)
    assert len(first.shards) == 4
    assert judges(first) == ()
    assert judge.after_any


def test_jobs_that_are_added_share_with_those_that_run_and_what_follows_waits_for_all() -> None:
    shared = plan(AT_AN_ADDRESS).model_copy(update={"pooled": True})
    sharing = Sharing(ids=("7", "8"), followers=("9", "10"))
    added, judge, summary = arrange(
        shared, shards("hle"), {("m", "hle"): shards("hle")}, JobOptions(num_jobs=1), {}, sharing
    )
    assert (added.after_ids, judge.after_ids, summary.after_ids) == ((), ("7", "8"), ("7", "8"))
