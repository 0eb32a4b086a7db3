"""`ns eval` on a real Slurm: jobs, dependencies, time limits, failures; nothing is lost or doubled."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Ns
from tests.integration.cluster.conftest import ENDED, RealSlurm
from tests.integration.cluster.lab import IDS, ROWS, Lab, answered

pytestmark = [pytest.mark.real_slurm, pytest.mark.slow]

Start = Callable[..., str]


def test_one_job_and_its_summary(lab: Lab, start_mock: Start, log: Path) -> None:
    jobs = lab.eval(start_mock("--log", log), "--benchmarks=smoke:2")
    assert list(jobs) == ["smoke", "summary"]
    lab.slurm.wait(*jobs.values())
    assert lab.records() == {"output-rs0": IDS, "output-rs1": IDS}
    assert len(answered(log)) == len(set(answered(log))) == 2 * ROWS
    assert "pass@1[avg-of-2]" in lab.ns("logs", "/workspace/out", "summary")
    assert (lab.host / "out/eval-results/smoke/metrics.json").exists()
    script = (lab.host / "out/eval-logs/jobs/001/smoke/job.sh").read_text()
    assert "for name in MY_KEY" in script
    assert lab.eval(start_mock(), "--benchmarks=smoke:2") == {}  # all is done: nothing is submitted


def test_the_embedded_server_is_a_step_of_its_own(lab: Lab) -> None:
    pytest.importorskip("xllamacpp")
    words = ("--benchmarks=smoke:1", "--output_dir=/workspace/out", "--server_args=--parallel 4", "++max_samples=4")
    lab.ns("eval", *words, "++inference.tokens_to_generate=8", "--server_gpus=0")
    numbers = [number for number, state in lab.slurm.states().items() if state in ("PENDING", "RUNNING")]
    lab.slurm.wait(*numbers, seconds=120)
    assert lab.records() == {"output-rs0": IDS[:4]}, lab.ns("logs", "/workspace/out", "smoke-rs0")
    run = json.loads((lab.host / "out/run.json").read_text())["runs"][0]
    assert run["server"]["type"] == "llamacpp"
    assert (lab.host / "out/eval-logs/jobs/001/smoke-rs0/llamacpp-server.log").exists()


def test_a_job_for_each_benchmark_and_seed(lab: Lab, start_mock: Start, log: Path, data_dir: Path) -> None:
    (data_dir / "aime24").mkdir(parents=True)
    rows = [{"id": str(n), "problem": f"What is {n} + 1?", "expected_answer": str(n + 1)} for n in range(5)]
    (data_dir / "aime24/test.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    jobs = lab.eval(start_mock("--log", log), "--benchmarks=smoke:4,aime24:4", "--num_jobs=-1")
    assert list(jobs) == [*(f"{name}-rs{seed}" for name in ("smoke", "aime24") for seed in range(4)), "summary"]
    lab.slurm.wait(*jobs.values(), seconds=150)
    assert lab.records() == {f"output-rs{seed}": IDS for seed in range(4)}
    assert set(map(tuple, lab.records("aime24").values())) == {tuple(map(str, range(5)))}
    assert len(answered(log)) == len(set(answered(log))) == 4 * ROWS + 4 * 5
    assert {shard["state"] for shard in lab.status().values()} == {"done"}
    runs = json.loads((lab.host / "out/run.json").read_text())["runs"]
    assert [run["ending"] for run in runs] == ["done"] * 8


def test_the_time_limit_strikes_and_the_job_goes_on_where_it_was(
    lab: Lab, start_mock: Start, log: Path, config: Path
) -> None:
    """Slurm's warning, 30 seconds before the limit, may come a minute earlier than that: so long are 48 answers."""
    file = config / "lab.yaml"
    file.write_text(file.read_text().replace("00:10:00", "00:02:00"))
    address = start_mock("--log", log, "--delay", 4)
    jobs = lab.eval(address, "--benchmarks=smoke:2", "++max_concurrent_requests=2")
    lab.slurm.wait(*jobs.values(), seconds=300)
    said = lab.ns("logs", "/workspace/out", "smoke", "--lines=200")
    assert "stopped by SIGUSR1" in said
    assert "error: stopped" not in said
    assert "All that was done is kept. The job is queued again and will go on where it was." in said
    assert "from before" in said
    assert lab.records() == {"output-rs0": IDS, "output-rs1": IDS}
    in_flight = 2 * said.count("stopped by SIGUSR1")
    assert len(set(answered(log))) == 2 * ROWS
    assert len(answered(log)) <= 2 * ROWS + in_flight


def test_a_job_that_slurm_queues_again_goes_on_where_it_was(lab: Lab, start_mock: Start, log: Path) -> None:
    """As it does when a node fails, or another job takes its place."""
    address = start_mock("--log", log, "--delay", 0.5)
    jobs = lab.eval(address, "--benchmarks=smoke:1", "++max_concurrent_requests=2")
    lab.wait_for(lambda: len(answered(log)) > 4)
    lab.slurm.run("scontrol", "requeue", jobs["smoke-rs0"])
    lab.slurm.wait(*jobs.values())
    assert lab.records() == {"output-rs0": IDS}
    assert ROWS <= len(answered(log)) <= ROWS + 2
    assert len(set(answered(log))) == ROWS


def test_submitted_within_a_job_where_variables_say_otherwise(lab: Lab, start_mock: Start) -> None:
    lab.slurm.environment |= {"SLURM_JOB_ID": "1", "SLURM_MEM_PER_NODE": "500", "SBATCH_PARTITION": "none"}
    try:
        jobs = lab.eval(start_mock(), "--benchmarks=smoke:1")
    finally:
        for name in ("SLURM_JOB_ID", "SLURM_MEM_PER_NODE", "SBATCH_PARTITION"):
            del lab.slurm.environment[name]
    lab.slurm.wait(*jobs.values())
    assert lab.records() == {"output-rs0": IDS}


def test_jobs_are_on_record_however_their_submission_ends(
    lab: Lab, start_mock: Start, config: Path, tmp_path: Path
) -> None:
    wrapper = tmp_path / "bin/sbatch"
    wrapper.parent.mkdir()
    wrapper.write_text(f'#!/bin/sh\nsleep 0.6\nexec {shutil.which("sbatch")} --hold "$@"\n')
    wrapper.chmod(0o755)
    words = [f"--server_address={start_mock()}", "--model=mock", "--output_dir=/workspace/out", "--num_jobs=-1"]
    words += ["--cluster=lab", f"--config_dir={config}", "--benchmarks=smoke:9"]
    environment = {**lab.slurm.environment, "PATH": f"{wrapper.parent}:{os.environ['PATH']}", "MY_KEY": "k"}
    before = set(lab.slurm.states())
    command = [sys.executable, "-m", "northstar", "eval", *words]
    with subprocess.Popen(command, env=environment, start_new_session=True) as submitting:
        lab.wait_for(lambda: len(set(lab.slurm.states()) - before) >= 3)
        os.killpg(submitting.pid, signal.SIGKILL)  # the sbatch that it waits for, too: nothing is submitted later
    submitted = set(lab.slurm.states()) - before
    on_record = {str(number) for shard in lab.status().values() for number in shard["ids"]}
    lab.slurm.run("scancel", *submitted)
    assert len(submitted - on_record) <= 1  # the one that was being submitted


def test_a_preempted_job_stops_in_its_grace_time_and_goes_on_later(
    lab: Lab, start_mock: Start, log: Path, config: Path
) -> None:
    lab.slurm.add_partitions(
        "PartitionName=spare Nodes=ALL GraceTime=30 PreemptMode=REQUEUE PriorityTier=1",
        "PartitionName=urgent Nodes=ALL PriorityTier=9",
    )
    file = config / "lab.yaml"
    file.write_text(file.read_text().replace("partition: main", "partition: spare"))
    whole = ("--exclusive", "--nodes=4")
    address = start_mock("--log", log, "--delay", 0.5)
    jobs = lab.eval(address, "--benchmarks=smoke:1", "++max_concurrent_requests=2", "--sbatch_kwargs=exclusive")
    lab.wait_for(lambda: len(answered(log)) > 4)
    lab.slurm.run("sbatch", "--partition=urgent", *whole, "--output=/dev/null", "--wrap=sleep 3")
    lab.slurm.wait(*jobs.values())
    assert "stopped by SIGTERM" in lab.ns("logs", "/workspace/out", "smoke", "--lines=200")
    assert lab.records() == {"output-rs0": IDS}
    assert len(set(answered(log))) == ROWS
    assert len(answered(log)) <= ROWS + 2


def test_a_folder_may_have_any_name(lab: Lab, start_mock: Start) -> None:
    folder = """an "old" folder's out #1 ü"""
    where = ("--model=mock", f"--server_address={start_mock()}", f"--output_dir=/workspace/{folder}")
    lab.ns("eval", "--benchmarks=smoke:1", *where, f"--log_dir=/workspace/{folder}/my logs")
    lab.slurm.wait(*[number for number, state in lab.slurm.states().items() if state not in ENDED])
    assert (lab.host / folder / "eval-results/smoke/output-rs0.jsonl").exists()
    assert "smoke 24/24" in lab.ns("logs", f"/workspace/{folder}", "smoke", "--lines=200")
    later = lab.eval(start_mock(), "--benchmarks=smoke:1", f"--run_after={folder}")
    assert "Slurm knows no job" not in lab.said
    lab.slurm.wait(*later.values())


def test_cancelled_in_mid_run_and_run_again(lab: Lab, start_mock: Start, log: Path) -> None:
    address = start_mock("--log", log, "--delay", 5)
    words = ("--benchmarks=smoke:2", "++max_concurrent_requests=4")  # 60 s in all
    lab.eval(address, *words)
    lab.wait_for(lambda: len(answered(log)) >= 8)
    assert lab.eval(address, *words) == {}
    assert "Jobs that wait or run already have 2 outputs: " in lab.said
    assert " cancelled: " in lab.ns("cancel", "/workspace/out")
    lab.wait_for(
        lambda: not any(state in ("RUNNING", "PENDING", "COMPLETING") for state in lab.slurm.states().values())
    )
    kept = sum(int(str(shard["done"])) for shard in lab.status().values())
    assert kept >= 4
    assert {shard["state"] for shard in lab.status().values()} == {"cancelled"}
    jobs = lab.eval(address, "--benchmarks=smoke:2")
    lab.slurm.wait(*jobs.values())
    assert lab.records() == {"output-rs0": IDS, "output-rs1": IDS}
    assert len(answered(log)) <= 2 * ROWS + 4


def test_seeds_in_a_job_that_waits_are_neither_cut_otherwise_nor_ended_unawares(lab: Lab, start_mock: Start) -> None:
    jobs = lab.eval(start_mock(), "--benchmarks=smoke:2", "--sbatch_kwargs=hold")
    where = ("--output_dir=/workspace/out", "--model=mock", f"--server_address={start_mock()}", "--benchmarks=smoke:2")
    lab.ns("eval", *where, "--num_chunks=3", ends=1)
    assert "has rows of smoke/output-rs0 already, submitted without --num_chunks; submit them alike" in lab.said
    lab.ns("cancel", "/workspace/out", "smoke:1", ends=2)
    assert f"smoke:1 is in job {jobs['smoke']} with smoke rs0, which would end with it; --whole_job ends" in lab.said
    assert lab.slurm.states()[jobs["smoke"]] == "PENDING"
    assert lab.ns("cancel", "/workspace/out", "smoke:1", "--whole_job") == f"1 job cancelled: {jobs['smoke']}\n"
    lab.ns("cancel", "/workspace/out")


def test_a_failing_job_says_why_and_its_dependants_do_not_run(lab: Lab, start_mock: Start) -> None:
    jobs = lab.eval(start_mock("--always=401"), "--benchmarks=smoke:1", "--expname=first")
    later = lab.eval(start_mock(), "--benchmarks=smoke:2", "--run_after=first", "--num_jobs=-1", "--starting_seed=1")
    lab.slurm.wait(*jobs.values(), *later.values())
    status = lab.status()
    assert status["smoke rs0"]["state"] == "failed"
    assert "requires an API key (HTTP 401" in str(status["smoke rs0"]["note"])
    assert lab.slurm.states()[later["smoke-rs1"]] == "CANCELLED"
    assert status["smoke rs1"]["note"] == "did not run: a job that it waited for failed"
    assert "error: " in lab.ns("logs", "/workspace/out", "smoke:0")


def test_a_script_submitted_by_hand_is_watched_and_its_rows_are_not_submitted_again(
    lab: Lab, start_mock: Start, log: Path
) -> None:
    address = start_mock("--log", log, "--delay", 2)
    words = ("--benchmarks=smoke:1", "++max_concurrent_requests=2")
    lab.eval(address, *words, "--sbatch_kwargs=hold")  # so says the script, too
    lab.ns("cancel", "/workspace/out")
    script = lab.host / "out/eval-logs/jobs/001/smoke-rs0/job.sh"
    by_hand = lab.slurm.run("env", "MY_KEY=k", "sbatch", "--parsable", str(script))
    lab.slurm.run("scontrol", "release", by_hand)
    lab.wait_for(lambda: len(answered(log)) >= 2)
    lab.wait_for(lambda: lab.status()["smoke rs0"]["ids"] == [by_hand])
    assert lab.eval(address, *words) == {}
    assert f"Jobs that wait or run already have 1 output: {by_hand}" in lab.said
    lab.slurm.wait(by_hand)
    assert lab.records() == {"output-rs0": IDS}
    assert len(answered(log)) == ROWS


def test_two_jobs_at_once_on_one_output_never_mix(lab: Lab, start_mock: Start, log: Path) -> None:
    address = start_mock("--log", log, "--delay", 0.3)
    jobs = lab.eval(address, "--benchmarks=smoke:1", "++max_concurrent_requests=2")
    script = lab.host / "out/eval-logs/jobs/001/smoke-rs0/job.sh"
    lab.wait_for(lambda: len(answered(log)) >= 2)
    by_hand = lab.slurm.run("env", "MY_KEY=k", "sbatch", "--parsable", str(script))
    lab.slurm.wait(*jobs.values(), by_hand)
    assert lab.slurm.states()[by_hand] == "FAILED"
    slurm_log = script.parent / f"slurm-{by_hand}.log"
    assert "is being written by process" in slurm_log.read_text()
    assert lab.records() == {"output-rs0": IDS}
    assert len(answered(log)) == len(set(answered(log))) == ROWS


def test_a_judge_that_is_started_has_a_job_of_its_own(lab: Lab, start_mock: Start, data_dir: Path) -> None:
    (data_dir / "hle").mkdir(parents=True)
    row = {"id": "q", "problem": "What is 1 + 1?", "expected_answer": "two", "answer_type": "exactMatch"}
    (data_dir / "hle/text.jsonl").write_text(json.dumps(row) + "\n")
    pytest.importorskip("xllamacpp")
    words = ("--judge_server_type=llamacpp", "--judge_model=smollm2", "--judge_server_args=--parallel 2")
    short = "--extra_judge_args=++inference.tokens_to_generate=8"
    jobs = lab.eval(start_mock(), "--benchmarks=hle:2", *words, short, "--judge_server_gpus=0")
    assert list(jobs) == ["hle", "hle-judge", "summary"]
    lab.slurm.wait(*jobs.values(), seconds=120)
    assert {shard["state"] for shard in lab.status().values()} == {"done"}
    assert "judge_correct" in lab.ns("summarize_results", "/workspace/out")


def test_finished_generations_are_judged_by_a_job(lab: Lab, start_mock: Start, data_dir: Path) -> None:
    (data_dir / "hle").mkdir(parents=True)
    row = {"id": "q", "problem": "What is 1 + 1?", "expected_answer": "two", "answer_type": "exactMatch"}
    (data_dir / "hle/text.jsonl").write_text(json.dumps(row) + "\n")
    address = start_mock()
    lab.slurm.wait(*lab.eval(address, "--benchmarks=hle:2", "--judge_model=none").values())
    words = ("--judge_model=mock", f"--judge_server_address={address}")
    said = lab.ns("judge", "/workspace/out", *words)
    assert re.findall(r"^ +\d+  (.+)$", said, re.MULTILINE) == ["judge-mock", "summary, after judge-mock"]
    lab.slurm.wait(*[number for number, state in lab.slurm.states().items() if state not in ENDED])
    judged = lab.status()["hle rs1 judged by mock"]
    assert judged["state"] == "done", judged
    assert "Nothing to submit." in lab.ns("judge", "/workspace/out", *words)


def test_chunks_in_jobs_of_their_own_with_copies_that_go_on(lab: Lab, start_mock: Start, log: Path) -> None:
    words = ("--benchmarks=smoke:1", "--num_chunks=2", "--num_jobs=-1", "--dependent_jobs=1")
    address = start_mock("--log", log, "--delay", 2)
    lab.eval(address, *words, "++max_concurrent_requests=2")
    shards = lab.status()
    (first, copy), _, (summary,) = (shard["ids"] for shard in shards.values())
    lab.wait_for(lambda: len(answered(log)) >= 4)
    lab.slurm.run("scancel", "--signal=KILL", "--full", first)
    lab.slurm.wait(first, copy, summary)
    assert lab.slurm.states()[first] in ("FAILED", "CANCELLED")
    assert lab.records() == {"output-rs0": IDS}
    assert len(set(answered(log))) == ROWS
    assert len(answered(log)) <= ROWS + 2
    assert {shard["state"] for shard in lab.status().values()} == {"done"}


def test_what_a_job_would_ask_for_is_tried_by_the_check_of_a_config(lab: Lab, config: Path) -> None:
    told = "a job that starts a server (partition main, gpus-per-node 8, time 00:10:00"
    assert f"ok    Slurm would take {told})" in lab.ns("setup", "--check")
    (config / "lab.yaml").write_text((config / "lab.yaml").read_text() + "cpus_per_task: 99\n")
    told = told.replace(", time", ", cpus-per-task 99, time")
    assert f"FAIL  Slurm would refuse {told}): sbatch: " in lab.ns("setup", "--check", ends=1)
    (config / "lab.yaml").write_text("executor: slurm\npartition: short\ntimeouts: 01:00:00\n")
    assert "FAIL  timeouts: 01:00:00 is more than partition short gives a job, 5:00" in lab.ns(
        "setup", "--check", ends=1
    )


def test_a_dry_run_submits_nothing_and_a_typing_error_is_one(lab: Lab, start_mock: Start) -> None:
    before = lab.slurm.states()
    where = ("--output_dir=/workspace/out", "--model=mock", f"--server_address={start_mock()}", "--benchmarks=smoke:2")
    assert "3 jobs would be submitted to lab; smoke-rs0 begins with" in lab.ns(
        "eval", *where, "--num_jobs=-1", "--dry_run"
    )
    lab.ns("eval", *where, "--run_after=nobody", ends=2)
    assert "--run_after=nobody: neither Slurm nor a record in " in lab.said
    lab.ns("eval", *where[:2], *where[3:], "--server_type=vllm", ends=2)
    assert "--server_gpus is missing" in lab.said
    assert lab.slurm.states() == before
    assert list(lab.host.iterdir()) == []


def test_a_server_over_two_nodes(lab: Lab, tmp_path: Path) -> None:
    model = lab.host / "model"
    model.mkdir()
    (model / "config.json").touch()
    (lab.host / "notes").mkdir()
    words = ("--server_type=sglang", "--model=/workspace/model", "--server_nodes=2", "--server_gpus=4")
    program = f"--server_entrypoint={sys.executable} {Path(__file__).with_name('sglang_stand_in.py')}"
    lab.ns(
        "eval",
        "--benchmarks=smoke:1",
        "--output_dir=/workspace/out",
        *words,
        program,
        "--server_args=--notes /workspace/notes",
    )
    lab.slurm.wait(*[number for number, state in lab.slurm.states().items() if state not in ENDED])
    assert lab.records() == {"output-rs0": IDS}, lab.ns("logs", "/workspace/out")
    notes = [(lab.host / f"notes/rank-{rank}").read_text().split() for rank in (0, 1)]
    assert [note[:2] for note in notes] == [["8", "2"], ["8", "2"]]
    assert len({note[2] for note in notes}) == 2  # two nodes
    assert [note[3] for note in notes] == ["0,1,2,3"] * 2


def test_without_accounting_status_still_says_why(
    slurm_without_accounting: RealSlurm, ns: Ns, config: Path, tmp_path: Path, start_mock: Start
) -> None:
    lab = Lab(ns, slurm_without_accounting, config, tmp_path / "host")
    jobs = lab.eval(start_mock("--always=401"), "--benchmarks=smoke:1")
    lab.slurm.wait(*jobs.values())
    assert "requires an API key (HTTP 401" in str(lab.status()["smoke rs0"]["note"])
