"""What `ns status` says of jobs that share their work: how far all are, what each has, and of each shard the sum."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from northstar.api.watching import cancel
from northstar.config.cluster import Cluster
from northstar.core.errors import UsageError
from northstar.executors.slurm.executor import SlurmExecutor
from northstar.executors.slurm.slurm import Slurm
from northstar.executors.watching import status_of
from northstar.jobs.job import JobShard, Submission, SubmittedJob, new_submission, write_submission
from northstar.jobs.watched import JobState
from northstar.pool.claims import Claims
from northstar.pool.files import pool_folder
from northstar.pool.tokens import ShardName
from northstar.progress.facts import Facts
from northstar.progress.progress_file import NAME, Progress, ShardProgress
from northstar.reports.status_table import Status

SHARDS = tuple(JobShard(benchmark="aime24", stem=f"output-rs{seed}", rows=30) for seed in (0, 1))
STATES = {"7": JobState("running"), "8": JobState("failed", "NODE_FAIL"), "9": JobState("pending")}


class Answers(Slurm):
    def poll(self, ids: object) -> dict[str, JobState]:
        return STATES


@pytest.fixture
def status(tmp_path: Path) -> Status:
    """Of jobs 7, which runs, 8, which failed, and 9, which waits, on two seeds of 30 rows."""
    _, place = new_submission(tmp_path)
    jobs = [
        SubmittedJob(name=f"shared-{n}", kind="eval", ids=(str(n + 6),), shards=SHARDS, shares=True) for n in (1, 2, 3)
    ]
    write_submission(place, Submission(number=1, executor="slurm", cluster="lab", submitted="now", jobs=tuple(jobs)))
    for number, host, generated, speed in ((1, "n1", 6, 40.0), (2, "n2", 4, 30.0)):
        (place / f"shared-{number}").mkdir()
        shard = ShardProgress(rows=30, generated=generated, graded=generated, speed=speed, asked=True)
        facts = Facts(tokens_per_second=speed, left=(60.0, 120.0))
        progress = Progress(host=host, updated=1.0, facts=facts, shards={"aime24/output-rs0": shard})
        (place / f"shared-{number}" / NAME).write_bytes(msgspec.json.encode(progress))
    (tmp_path / "eval-results/aime24").mkdir(parents=True)
    running, failed = (Claims(pool_folder(tmp_path), node) for node in ("7-aa", "8-bb"))
    for seed in (0, 1):
        running.enter() if not seed else failed.enter()
        running.put_in(ShardName("aime24", f"output-rs{seed}"), 0, [range(30)])
    for claims in (running, failed):
        claims.claim(claims.look().free[0], 12)
    running.retire(running.look().held_by("7-aa")[0])
    running.claim(running.look().free[0], 4)
    return status_of(tmp_path, lambda _: SlurmExecutor(Cluster(executor="slurm"), Answers()))


def test_a_line_says_what_is_done_claimed_and_waiting(status: Status) -> None:
    assert status.notes[0] == ("shared: 12 of 60 rows are done, 16 are claimed by 2 nodes, 32 wait; 60 s to 2 min left")


def test_a_line_says_of_each_node_what_it_has_and_how_fast_it_is(status: Status) -> None:
    assert status.notes[1:3] == (
        "  001/shared-1 7 on n1: 4 rows claimed, 40 tokens/s",
        "  001/shared-2 on n2: 12 rows claimed, failed",
    )


def test_a_shard_is_as_far_as_all_nodes_together_and_as_fast_as_those_that_run(status: Status) -> None:
    first, second = status.shards
    assert (first.name, first.state, first.done, first.speed) == ("aime24 rs0", "running", 10, 40.0)
    assert (second.name, second.done) == ("aime24 rs1", 0)


def test_a_seed_of_jobs_that_share_a_run_is_not_cancelled_as_if_one_had_it(status: Status, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^aime24:1 is no single job's, .* cancel .* 7 ends one of them"):
        cancel(tmp_path, "aime24:1", executors=lambda _: SlurmExecutor(Cluster(executor="slurm"), Answers()))


def test_rows_that_are_free_are_not_done_whatever_a_job_did_before_rerun_done(status: Status, tmp_path: Path) -> None:
    place = tmp_path / "eval-logs/jobs/001/shared-3"
    place.mkdir()
    shard = ShardProgress(rows=30, generated=30, graded=30)
    (place / NAME).write_bytes(msgspec.json.encode(Progress(updated=0.5, shards={"aime24/output-rs0": shard})))
    again = status_of(tmp_path, lambda _: SlurmExecutor(Cluster(executor="slurm"), Answers()))
    assert (status.shards[0].done, again.shards[0].done) == (10, 28)  # 12 retired, 16 claimed, 2 free
