"""What `ns status` says of jobs."""

from __future__ import annotations

import pytest

from northstar.progress.facts import Facts, LoadFacts, Oldest, PartFacts
from northstar.reports.job_table.job_status import JobStatus, job_lines, tokens_per_second

FACTS = Facts(
    stage="asking",
    doing="asking",
    elapsed=64.0,
    total=48,
    reached=12,
    in_flight=16,
    waiting=20,
    left=(185.0, 290.0),
    tokens_per_second=50.0,
    load=LoadFacts(830.0, 16, 4, 0.41),
    oldest=[Oldest("aime24", 17, 240.0, "a-17", 3)],
    benchmarks=[PartFacts("aime24", 48, 12, 16, "symbolic_correct", 0.417, 0.3, 0.54, 12)],
    troubles=["3 retries (HTTP 500)"],
)


def job(name: str = "001/here", state: str = "running", heard: float = 3.0, **others: str) -> JobStatus:
    return JobStatus(name, state, FACTS, heard, **others)


def test_a_job_that_runs() -> None:
    waiting = "no answer for 40 s: 16 requests under way, the oldest for 4 min"
    assert job_lines([job(waiting=waiting)]) == [
        "001/here: asking, 12 of 48 samples, 16 in flight, 20 waiting, server: 830 tokens/s, 16 running, 4 queued, "
        "KV cache 41% full, 3 to 5 min left, 3 retries (HTTP 500)",
        "  no answer for 40 s: 16 requests under way, the oldest for 4 min",
        "  so far: aime24 41.7% symbolic_correct [30.0, 54.0] of 12 graded",
        "  oldest: aime24 rs3 row 17 (id a-17) for 4 min",
    ]


def test_a_worker_that_has_been_silent_says_how_old_its_words_are() -> None:
    assert job_lines([job(heard=50.0)])[0].startswith("001/here (said 50 s ago): asking, ")


def test_a_dead_job_has_neither_speed_nor_end_but_what_goes_on_with_it() -> None:
    command = "ns import logs --benchmarks=aime24 --output_dir=out"
    assert job_lines([job(state="failed", heard=200.0, command=command)]) == [
        "001/here: failed, last heard of 3 min ago: asking, 12 of 48 samples, 3 retries (HTTP 500)",
        "  so far: aime24 41.7% symbolic_correct [30.0, 54.0] of 12 graded",
        f"  go on with it: {command}",
    ]


def test_a_job_that_is_done() -> None:
    assert job_lines([job(state="done")]) == [
        "001/here: done 3 s ago, in 64 s",
        "  aime24 41.7% symbolic_correct [30.0, 54.0] of 12 graded",
    ]


def test_of_many_jobs_some_are_told_of_those_that_run_first() -> None:
    jobs = [job("001/a", "failed"), *(job(f"001/b{n}") for n in range(5)), job("001/c", "done")]
    lines = job_lines(jobs)
    assert [line.partition(":")[0] for line in lines if not line.startswith(" ")] == [
        *(f"001/b{n}" for n in range(4)),
        "… and 2 jobs more",
    ]


@pytest.mark.parametrize(("state", "speed"), [("running", 830.0), ("failed", 0.0), ("done", 0.0)])
def test_the_speed_is_that_of_the_jobs_that_run(state: str, speed: float) -> None:
    assert tokens_per_second([job(state=state)]) == speed
