"""Jobs that sbatch refuses: what was submitted before is on record, or taken back."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import pytest

from northstar.api.previewing.dry_run import looked_at
from northstar.api.submitting import host_paths, submit_plan
from northstar.config.cluster import Cluster
from northstar.config.options.jobs import JobOptions
from northstar.config.plan import Chunks, JudgedBenchmark, JudgeStage, Plan, ServerPlan
from northstar.config.settings import EvalSettings
from northstar.core.atomic import whole_file
from northstar.core.errors import NorthstarError, UsageError
from northstar.executors.local.local import Stopped
from northstar.executors.slurm.executor import SlurmExecutor
from northstar.executors.slurm.slurm import Slurm
from northstar.executors.slurm.submission import undisturbed
from northstar.jobs.executor import Preview, Submitted
from northstar.jobs.job import new_submission, next_number, recorded_jobs
from northstar.jobs.watched import JobState
from tests.jobs.plans import plan


class Refusing(Slurm):
    """Takes so many jobs and refuses the next, as at a user's limit."""

    def __init__(self, takes: int) -> None:
        self.taken = 0
        self.cancelled: list[str] = []
        self._takes = takes

    def cancel(self, ids: Collection[str]) -> None:
        self.cancelled += ids

    def submit(self, script: Path, environment: Mapping[str, str]) -> str:
        if self.taken == self._takes:
            raise NorthstarError("sbatch: too many.")
        self.taken += 1
        return str(self.taken)

    def poll(self, ids: Collection[str]) -> dict[str, JobState]:
        return {}


class Waiting(Refusing):
    """Takes all jobs; none of them begins."""

    def __init__(self) -> None:
        super().__init__(1000)

    def poll(self, ids: Collection[str]) -> dict[str, JobState]:
        return {number: JobState("pending") for number in ids}


LAB = Cluster(name="lab", executor="slurm")


def smoke_plan(folder: Path, *, chunks: Chunks = Chunks(), rerun_done: bool = False) -> Plan:  # noqa: B008
    """Two seeds of smoke, from a server that runs already."""
    stage = plan().generate
    assert stage is not None
    smoke = stage.benchmarks[1].model_copy(update={"name": "smoke"})
    stage = stage.model_copy(update={"data_dir": folder, "benchmarks": (smoke,), "chunks": chunks})
    return plan().model_copy(update={"output_dir": folder / "out", "generate": stage, "rerun_done": rerun_done})


def submitted(plan: Plan, cluster: Cluster, jobs: JobOptions, slurm: Slurm) -> Submitted:
    return submit_plan(plan, cluster, jobs, SlurmExecutor(cluster, slurm))


def previewed(plan: Plan, cluster: Cluster, jobs: JobOptions, slurm: Slurm) -> Preview:
    with looked_at(plan) as ready:
        return SlurmExecutor(cluster, slurm).preview(ready, host_paths(cluster, jobs))


@pytest.mark.parametrize(("copies", "takes", "on_record", "cancelled"), [(0, 1, ["1"], []), (1, 3, ["1", "2"], ["3"])])
def test_what_was_submitted_before_is_on_record(
    copies: int, takes: int, on_record: list[str], cancelled: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slurm = Refusing(takes)
    with pytest.raises(NorthstarError, match=r"^sbatch: too many\. 1 of 3 jobs were submitted .*/out ends"):
        submitted(smoke_plan(tmp_path), LAB, JobOptions(num_jobs=-1, dependent_jobs=copies), slurm)
    jobs = recorded_jobs(tmp_path / "out")
    assert [number for each in jobs for number in each.job.ids] == on_record
    assert slurm.cancelled == cancelled


def test_ctrl_c_waits_until_the_job_that_is_being_submitted_is_on_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Interrupted(Refusing):
        def submit(self, script: Path, environment: Mapping[str, str]) -> str:
            if self.taken == 1:
                os.kill(os.getpid(), signal.SIGINT)
            return super().submit(script, environment)

    slurm = Interrupted(3)
    with pytest.raises(Stopped, match=r"^stopped by SIGINT: 2 of 3 jobs were submitted .*/out ends these\.$"):
        submitted(smoke_plan(tmp_path), LAB, JobOptions(num_jobs=-1), slurm)
    jobs = recorded_jobs(tmp_path / "out")
    assert [number for each in jobs for number in each.job.ids] == ["1", "2"]


def test_ctrl_c_does_not_reach_sbatch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal sends it to all processes; a sbatch that dies of it can't say which number its job got."""
    (tmp_path / "sbatch").write_text("#!/bin/sh\nkill -INT $$\necho 7\n")
    (tmp_path / "sbatch").chmod(0o755)
    (tmp_path / "job.sh").write_text("#!/bin/bash\n")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with undisturbed():
        assert Slurm().submit(tmp_path / "job.sh", {}) == "7"
    with pytest.raises(NorthstarError, match=r"^sbatch: "):
        Slurm().submit(tmp_path / "job.sh", {})


WHOLE, THIRDS = Chunks(), Chunks(count=3, ids=(0, 1, 2))


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (
            THIRDS,
            WHOLE,
            r"^job 1 has rows of smoke/output-rs0 already, submitted with --num_chunks=3; .*ns cancel .*/out\.$",
        ),
        (WHOLE, THIRDS, r"^job 1 has rows of smoke/output-rs0 already, submitted without --num_chunks; "),
    ],
)
def test_rows_that_a_job_has_already_are_not_submitted_cut_otherwise(
    first: Chunks, second: Chunks, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slurm = Waiting()
    submitted(smoke_plan(tmp_path, chunks=first), LAB, JobOptions(), slurm)
    taken = slurm.taken
    with pytest.raises(NorthstarError, match=said):
        submitted(smoke_plan(tmp_path, chunks=second), LAB, JobOptions(), slurm)
    assert slurm.taken == taken
    assert next_number(tmp_path / "out") == 2
    assert (
        submitted(smoke_plan(tmp_path, chunks=first), LAB, JobOptions(), slurm).jobs == ()
    )  # alike, it is what is under way


def test_without_the_judges_key_nothing_is_submitted_or_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    slurm = Waiting()
    judge = JudgeStage(
        server=ServerPlan(type="openai", model="j", address="https://api.openai.com/v1", role="judge"),
        prompt="judge",
        settings=EvalSettings(),
        benchmarks=(JudgedBenchmark(name="smoke", seeds=(0, 1)),),
    )
    plan = smoke_plan(tmp_path).model_copy(update={"judges": (judge,)})
    with pytest.raises(NorthstarError, match=r"^neither JUDGE_API_KEY nor OPENAI_API_KEY is set; https://api\.open"):
        submitted(plan, LAB, JobOptions(), slurm)
    assert slurm.taken == 0
    assert recorded_jobs(tmp_path / "out") == []
    with_key = LAB.model_copy(update={"env_vars": ("OPENAI_API_KEY=abc",)})
    assert submitted(plan, with_key, JobOptions(), slurm).jobs


def test_a_second_rerun_without_the_key_is_refused_before_anything_is_submitted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first one got to its end; all its outputs are there."""
    monkeypatch.setenv("MODEL_API_KEY", "abc")
    slurm, plan = Waiting(), smoke_plan(tmp_path, rerun_done=True)
    assert plan.generate is not None
    server = ServerPlan(type="openai", model="m", address="https://api.openai.com/v1")
    plan = plan.model_copy(update={"generate": plan.generate.model_copy(update={"server": server})})
    submitted(plan, LAB, JobOptions(), slurm)
    taken = slurm.taken
    for seed in (0, 1):
        (tmp_path / f"out/eval-results/smoke/output-rs{seed}.jsonl").write_text("{}\n")
    monkeypatch.setattr(Waiting, "poll", lambda _, ids: dict.fromkeys(ids, JobState("done")))
    monkeypatch.delenv("MODEL_API_KEY")
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    assert previewed(plan, LAB, JobOptions(), slurm).findings.obstacles
    with pytest.raises(NorthstarError, match=r"^neither MODEL_API_KEY nor OPENAI_API_KEY is set"):
        submitted(plan, LAB, JobOptions(), slurm)
    assert slurm.taken == taken


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_a_preview_names_the_jobs_and_what_slurm_would_be_told_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slurm = Waiting()
    jobs = JobOptions(num_jobs=-1, run_after="70", qos="high")
    seen = previewed(smoke_plan(tmp_path), LAB, jobs, slurm)
    assert [(job.name, job.after) for job in seen.jobs] == [
        ("smoke-rs0", ()),
        ("smoke-rs1", ()),
        ("summary", ("smoke-rs0", "smoke-rs1")),
    ]
    assert (files(tmp_path), slurm.taken) == ([], 0)
    submitted(smoke_plan(tmp_path), LAB, jobs, slurm)
    script = (tmp_path / "out/eval-logs/jobs/001/smoke-rs0/job.sh").read_text()
    assert script.startswith(seen.header + "\n\n")
    assert "#SBATCH --dependency=afterok:70" in seen.header


def test_a_preview_of_what_is_done_anew_sets_nothing_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slurm = Waiting()
    results = tmp_path / "out/eval-results/smoke"
    results.mkdir(parents=True)
    for seed in (0, 1):
        (results / f"output-rs{seed}.jsonl").touch()
    monkeypatch.setattr("northstar.provenance.provenance.knows", lambda *_: True)
    before = files(tmp_path)
    assert previewed(smoke_plan(tmp_path), LAB, JobOptions(), slurm).jobs == ()
    anew = previewed(smoke_plan(tmp_path, rerun_done=True), LAB, JobOptions(), slurm)
    assert [job.name for job in anew.jobs] == ["smoke", "summary"]
    assert files(tmp_path) == before


@pytest.mark.parametrize(("takes", "there"), [(0, True), (1, False)])
def test_what_is_done_anew_is_put_back_if_no_job_was_submitted(
    takes: int, there: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slurm = Refusing(takes)
    anew = smoke_plan(tmp_path, rerun_done=True)
    folder = tmp_path / "out/eval-results/smoke"
    folder.mkdir(parents=True)
    (folder / "output-rs0.jsonl").write_text("{}\n")
    results = {"smoke.seeds": {"model": "before"}}
    (tmp_path / "out/run.json").write_text(json.dumps({"run_json": 1, "results": results, "runs": []}))
    with pytest.raises(NorthstarError, match="too many"):
        submitted(anew, LAB, JobOptions(num_jobs=-1), slurm)
    assert (folder / "output-rs0.jsonl").exists() is there
    assert (json.loads((tmp_path / "out/run.json").read_text())["results"] == results) is there


@pytest.mark.parametrize(
    ("folder", "cluster", "said"),
    [
        ("my results", {"containers": {"northstar": "me/northstar"}}, "pyxis can't mount .*my results"),
        ("a,b", {"containers": {"northstar": "x"}, "container_runtime": "apptainer"}, "apptainer can't mount"),
        ("a:b", {"interpreters": {"northstar": "/venv/bin/python"}}, "a colon separates the folders of PYTHONPATH"),
    ],
)
def test_paths_that_a_job_could_not_be_told_are_refused_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str, cluster: dict[str, Any], said: str
) -> None:
    slurm, lab = Waiting(), LAB.model_copy(update=cluster)
    plan = smoke_plan(tmp_path / folder)
    for ask in (lambda: previewed(plan, lab, JobOptions(), slurm), lambda: submitted(plan, lab, JobOptions(), slurm)):
        with pytest.raises(UsageError, match=said):
            ask()
    assert slurm.taken == 0
    assert not (tmp_path / folder).exists()


def test_what_a_killed_writer_left_in_earlier_jobs_is_cleared_up_by_the_next_submission(tmp_path: Path) -> None:
    _, folder = new_submission(tmp_path)
    (folder / "aime24").mkdir()
    for place in (folder, folder / "aime24"):
        with whole_file(place / "progress.json"):
            [left] = [path for path in place.iterdir() if path.is_file()]
        (place / "progress.json").rename(left)
    new_submission(tmp_path)
    assert [path.name for path in folder.rglob("*")] == ["aime24"]
