"""The table of `ns status`."""

from __future__ import annotations

from northstar.reports.status_table import ShardStatus, Status, status_text

SHARDS = [
    ShardStatus(name="aime24 rs0", state="done", rows=30, done=30, ids=("12",), job="001/aime24"),
    ShardStatus(
        name="aime24 rs1", state="running", rows=30, done=12, speed=410.4, seconds_left=(200, 290), ids=("12",)
    ),
    ShardStatus(name="gpqa rs0", state="failed", rows=198, ids=("13",), job="001/gpqa", note="out\nof memory " * 20),
    ShardStatus(name="summary", state="pending", ids=("14",), note="waits for aime24, gpqa"),
]


def test_the_whole_of_it() -> None:
    text = status_text(Status("/out", SHARDS, ["Slurm can't be asked."]), width=80).splitlines()
    assert text[:7] == [
        "/out: 1 of 3 done, 1 running, 1 failed; 42 of 258 rows; 410 tokens/s; 3 to 5 min left",
        "",
        "            state    rows   tokens/s  left        job",
        "aime24 rs0  done     30/30                        12",
        "aime24 rs1  running  12/30  410       3 to 5 min  12",
        "gpqa rs0    failed   0/198                        13   out of memory out of mem…",
        "summary     pending                               14   waits for aime24, gpqa",
    ]
    assert text[8].startswith("001/gpqa: out")
    assert text[-1] == "Slurm can't be asked."


def test_nothing_there() -> None:
    assert status_text(Status("/out", [])) == "/out: nothing has been run here."


def test_it_is_active_while_something_waits_or_runs() -> None:
    assert Status("/out", SHARDS).active
    assert not Status("/out", SHARDS[:1]).active


def test_a_cause_is_said_once_with_the_jobs_that_it_is_of() -> None:
    shards = [
        ShardStatus(
            name=f"aime24 rs{n}", state="failed", rows=30, job=f"001/aime24-{n}", note=f"no GPU: /jobs/aime24-{n}/log"
        )
        for n in range(8)
    ]
    text = status_text(Status("/out", shards))
    assert text.splitlines()[-1] == ("8 jobs: no GPU: /jobs/aime24-0/log")
