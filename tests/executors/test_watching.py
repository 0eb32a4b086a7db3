"""How the shards of a folder are, from its files: what is shown for each state of a job."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Collection
from pathlib import Path

import msgspec
import pytest

from northstar.api.watching import cancel, logs
from northstar.config.cluster import Cluster
from northstar.core.errors import NorthstarError, UsageError
from northstar.executors.local.executor import LocalExecutor
from northstar.executors.local.local_job import local_job
from northstar.executors.slurm.executor import SlurmExecutor
from northstar.executors.slurm.slurm import Slurm
from northstar.executors.watching import status_of
from northstar.jobs.executor import Executor
from northstar.jobs.job import JobShard, Submission, SubmittedJob, new_submission, read_submission, write_submission
from northstar.jobs.watched import JobState
from northstar.progress.facts import Facts
from northstar.progress.progress_file import NAME, Progress, ShardProgress
from northstar.reports.status_table import ShardStatus

SHARDS = tuple(JobShard(benchmark="aime24", stem=f"output-rs{seed}", rows=30) for seed in (0, 1))


class Answers(Slurm):
    """Slurm as a folder's test has it: the states of its jobs, their script, and which were ended."""

    def __init__(self, script: str) -> None:
        self.states: dict[str, JobState] = {}
        self.script = script
        self.ended: list[str] = []
        self.answers = True

    def poll(self, ids: Collection[str]) -> dict[str, JobState]:
        if not self.answers:
            raise NorthstarError("there is no squeue here.")
        return {number: state for number, state in self.states.items() if number in ids}

    def scripts(self) -> dict[str, str]:
        return dict.fromkeys(self.states, self.script)

    def cancel(self, ids: Collection[str]) -> None:
        self.ended += ids


class Folder:
    """An output folder with one submission of the jobs `aime24` (number 7) and `summary` (8)."""

    def __init__(self, output_dir: Path, executor: str = "slurm") -> None:
        self.output_dir = output_dir
        self.slurm = Answers(f"{output_dir}/eval-logs/jobs/001/aime24/job.sh")
        _, self.place = new_submission(output_dir)
        job = SubmittedJob(name="aime24", kind="eval", ids=("7",), log=f"{self.place}/aime24/slurm-%j.log")
        job = job if executor == "slurm" else local_job("aime24", "eval", ())
        jobs = [job.model_copy(update={"shards": SHARDS})]
        if executor == "slurm":
            jobs.append(SubmittedJob(name="summary", kind="summary", ids=("8",), after=("aime24",)))
        record = Submission(number=1, executor=executor, cluster="lab", submitted="now", jobs=tuple(jobs))
        write_submission(self.place, record)
        (self.place / "aime24").mkdir()
        (output_dir / "eval-results/aime24").mkdir(parents=True)

    def executors(self, name: str) -> Executor:
        return LocalExecutor() if name == "local" else SlurmExecutor(Cluster(executor=name), self.slurm)

    def says(self, progress: Progress) -> None:
        (self.place / "aime24" / NAME).write_bytes(msgspec.json.encode(progress))

    def shards(self) -> dict[str, ShardStatus]:
        return {shard.name: shard for shard in status_of(self.output_dir, self.executors).shards}


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "out")


def progress(ending: str | None = None, error: str = "", silent: float = 0.0) -> Progress:
    return Progress(
        updated=time.time() - silent,
        ending=ending,
        error=error,
        facts=Facts(stage="asking", doing="asking", total=60, reached=12, left=(100.0, 140.0)),
        shards={"aime24/output-rs0": ShardProgress(30, 12, 11, 900, 45.0), "aime24/output-rs1": ShardProgress(30)},
    )


def test_a_job_that_waits(folder: Folder) -> None:
    folder.slurm.states = {"7": JobState("pending", "Priority"), "8": JobState("pending", "Dependency")}
    shards = folder.shards()
    assert (shards["aime24 rs0"].state, shards["aime24 rs0"].note) == ("pending", "waits for Slurm: Priority")
    assert shards["summary"].note == "waits for aime24"


def test_a_job_that_runs(folder: Folder) -> None:
    folder.slurm.states = {"7": JobState("running")}
    folder.says(progress())
    shard = folder.shards()["aime24 rs0"]
    assert (shard.state, shard.done, shard.rows, shard.speed, shard.seconds_left) == (
        "running",
        11,
        30,
        45.0,
        (100.0, 140.0),
    )
    assert shard.ids == ("7",)


def test_what_waits_for_its_turn_or_for_the_server_does_not_run(folder: Folder) -> None:
    folder.slurm.states = {"7": JobState("running")}
    folder.says(progress())
    shards = folder.shards()
    assert (shards["aime24 rs0"].state, shards["aime24 rs1"].state) == ("running", "pending")
    assert shards["aime24 rs1"].note == "its turn has not come"
    folder.says(msgspec.structs.replace(progress(), preparing=True, stage="starting vllm"))
    shard = folder.shards()["aime24 rs0"]
    assert (shard.state, shard.note) == ("pending", "starting vllm")


def test_an_output_that_is_there_is_done_whatever_the_job_is(folder: Folder) -> None:
    folder.slurm.states = {"7": JobState("failed", "timeout")}
    (folder.output_dir / "eval-results/aime24/output-rs1.jsonl").touch()
    shards = folder.shards()
    assert (shards["aime24 rs1"].state, shards["aime24 rs1"].done) == ("done", 30)
    assert (shards["aime24 rs0"].state, shards["aime24 rs0"].note) == ("failed", "timeout")


def test_a_job_that_failed_tells_it_in_the_workers_own_words(folder: Folder) -> None:
    folder.slurm.states = {
        "7": JobState("failed", "exit status 1"),
        "8": JobState("cancelled", "DependencyNeverSatisfied"),
    }
    folder.says(progress("failed", "no server answers"))
    shards = folder.shards()
    assert shards["aime24 rs0"].note == "no server answers"
    assert shards["aime24 rs0"].done == 11
    assert shards["summary"].note == "did not run: it waited for aime24, which failed"


def test_a_job_that_failed_before_its_worker_began_shows_the_end_of_its_log(folder: Folder) -> None:
    folder.slurm.states = {"7": JobState("failed", "exit status 2")}
    (folder.place / "aime24/slurm-7.log").write_text("x\nthe environment variable HF_TOKEN is not set\n")
    note = folder.shards()["aime24 rs0"].note
    assert note == "exit status 2; its log ends: the environment variable HF_TOKEN is not set"


def test_where_slurm_cannot_be_asked_the_jobs_own_words_count(folder: Folder) -> None:
    folder.slurm.answers = False
    folder.says(progress())
    assert folder.shards()["aime24 rs0"].state == "running"
    folder.says(progress(silent=3600))
    shard = folder.shards()["aime24 rs0"]
    assert (shard.state, shard.note) == ("unknown", "its worker was last heard of 60 min ago")
    assert "Slurm can't be asked" in status_of(folder.output_dir, folder.executors).notes[0]
    assert status_of(folder.output_dir, folder.executors).active  # --watch goes on: who knows
    (folder.place / "aime24/slurm-7.log").write_text("x")
    assert [file.name for file in logs(folder.output_dir, executors=folder.executors)] == ["slurm-7.log"]
    with pytest.raises(NorthstarError, match=r"Slurm can't be asked .* Nothing was cancelled\."):
        cancel(folder.output_dir, executors=folder.executors)


def test_a_job_that_slurm_forgot_and_that_says_nothing_has_failed(folder: Folder) -> None:
    folder.says(progress(silent=3600))
    shard = folder.shards()["aime24 rs0"]
    assert (shard.state, shard.note) == ("failed", "its worker was last heard of 60 min ago")
    assert not status_of(folder.output_dir, folder.executors).active


def test_a_job_that_ended_well_without_all_outputs_did_not(folder: Folder) -> None:
    folder.slurm.states = {"7": JobState("done")}
    folder.says(progress("samples left open", "3 samples got no answer"))
    shard = folder.shards()["aime24 rs0"]
    assert (shard.state, shard.note) == ("failed", "3 samples got no answer")


def test_a_run_of_this_machine_whose_process_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Folder(tmp_path / "out", executor="local")
    folder.says(progress())
    assert folder.shards()["aime24 rs0"].state == "running"
    monkeypatch.setattr("northstar.executors.local.executor.is_there", lambda *_: False)
    assert folder.shards()["aime24 rs0"].state == "failed"


def test_rows_that_were_cut_otherwise_later_are_counted_once(folder: Folder) -> None:
    shards = tuple(JobShard(benchmark="aime24", stem=f"output-rs0_chunk_{chunk}-of-2", rows=15) for chunk in (0, 1))
    job = SubmittedJob(name="aime24", kind="eval", ids=("9",), shards=shards)
    number, place = new_submission(folder.output_dir)
    write_submission(place, Submission(number=number, executor="slurm", cluster="lab", submitted="now", jobs=(job,)))
    folder.slurm.states = {"7": JobState("cancelled"), "9": JobState("pending")}
    held = {name: (shard.state, shard.rows) for name, shard in folder.shards().items()}
    assert held == {
        "aime24 rs0 chunk 0-of-2": ("pending", 15),
        "aime24 rs0 chunk 1-of-2": ("pending", 15),
        "aime24 rs1": ("cancelled", 30),
    }


def test_a_script_submitted_by_hand_is_known_once_it_has_begun(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.slurm.states = {"7": JobState("cancelled"), "12": JobState("running")}
    said = progress()
    said.slurm_job = "12"
    folder.says(said)
    shard = folder.shards()["aime24 rs0"]
    assert (shard.state, shard.ids) == ("running", ("12",))
    (folder.place / "aime24/slurm-12.log").write_text("x")
    assert [file.name for file in logs(folder.output_dir, "12", executors=folder.executors)] == ["slurm-12.log"]
    assert cancel(folder.output_dir, executors=folder.executors) == ["12"]


def test_damaged_files_are_as_if_they_were_not_there(folder: Folder) -> None:
    folder.slurm.states = {"7": JobState("running")}
    (folder.place / "aime24" / NAME).write_text('{"shards": [')
    (folder.output_dir / "eval-logs/jobs/002").mkdir()
    (folder.output_dir / "eval-logs/jobs/002/submission.json").write_text("{")
    assert folder.shards()["aime24 rs0"].state == "running"


@pytest.mark.parametrize(("make", "kind"), [(os.mkfifo, "a FIFO"), (Path.mkdir, "a folder")])
def test_status_waits_for_nothing_that_is_no_file_and_names_it(
    folder: Folder, make: Callable[[Path], None], kind: str
) -> None:
    folder.slurm.states = {"7": JobState("failed")}
    make(folder.place / "aime24" / NAME)
    make(folder.place / "aime24/slurm-7.log")
    _, place = new_submission(folder.output_dir)
    make(place / "submission.json")
    status = status_of(folder.output_dir, folder.executors)
    assert status.shards[0].state == "failed"
    assert status.notes == (f"{place}/submission.json is {kind} where a file should be; move it away.",)
    assert read_submission(place / "submission.json") is None


def test_no_such_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(NorthstarError, match="there is no folder"):
        status_of(tmp_path / "none")


@pytest.mark.parametrize("which", ["aime24", "aime24:0", "aime24/rs1", "aime24 rs1", "7", "001/aime24", None])
def test_logs_are_found_by_what_status_shows(folder: Folder, which: str | None) -> None:
    folder.slurm.states = {"7": JobState("failed")}
    (folder.place / "aime24/slurm-7.log").write_text("x")
    (folder.place / "aime24/vllm-server.log").write_text("y")
    assert [file.name for file in logs(folder.output_dir, which, executors=folder.executors)] == [
        "slurm-7.log",
        "vllm-server.log",
    ]


def test_logs_of_what_is_not_there_name_the_nearest(folder: Folder) -> None:
    with pytest.raises(NorthstarError, match=r"no job of .* is 'aime25'\. Did you mean aime24\?"):
        logs(folder.output_dir, "aime25", executors=folder.executors)
    with pytest.raises(NorthstarError, match=r"no job of .* is 'aime25'\. Did you mean aime24\?"):
        cancel(folder.output_dir, "aime25", executors=folder.executors)


def test_only_what_waits_or_runs_is_cancelled(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.slurm.states = {"7": JobState("done"), "8": JobState("pending")}
    assert cancel(folder.output_dir, executors=folder.executors) == ["8"] == folder.slurm.ended


def test_a_seed_is_not_cancelled_with_others_in_its_job_unless_that_is_said(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.slurm.states = {"7": JobState("running")}
    with pytest.raises(UsageError, match=r"^aime24:1 is in job 7 with aime24 rs0, which would end .* --whole_job ends"):
        cancel(folder.output_dir, "aime24:1", executors=folder.executors)
    assert folder.slurm.ended == []
    assert cancel(folder.output_dir, "aime24:1", whole_job=True, executors=folder.executors) == ["7"]
    (folder.output_dir / "eval-results/aime24/output-rs0.jsonl").touch()  # the other one is done
    assert cancel(folder.output_dir, "aime24:1", executors=folder.executors) == ["7"]
    with pytest.raises(UsageError, match=r"^aime24:0 is in job 7 with aime24 rs1"):
        cancel(folder.output_dir, "aime24:0", executors=folder.executors)


@pytest.mark.parametrize("which", ["aime24", "7", "001/aime24", None])
def test_a_job_that_is_named_is_cancelled_whole(
    folder: Folder, which: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.slurm.states = {"7": JobState("running")}
    assert cancel(folder.output_dir, which, executors=folder.executors) == ["7"]


def test_a_job_of_slurm_whose_script_is_not_of_this_folder_is_not_cancelled(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.slurm.states = {"7": JobState("running")}
    folder.slurm.script = "/home/me/train.sh"
    with pytest.raises(
        NorthstarError, match=r"submission\.json names job 7, whose script lies outside this folder: /home/me"
    ):
        cancel(folder.output_dir, executors=folder.executors)


def test_a_folder_may_be_called_otherwise_on_the_machine_that_submitted(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.slurm.states = {"7": JobState("running")}
    folder.slurm.script = "/gpfs/fs1/me/out/eval-logs/jobs/001/aime24/job.sh"
    assert cancel(folder.output_dir, executors=folder.executors) == ["7"]


@pytest.mark.parametrize(
    "number", ["-1", "--user=root", "7 8", "7,8", "7_[1-9]", "+7", "1_0", "\u0667", "", "0", "7\n"]
)
def test_what_is_no_number_of_a_job_reaches_no_command_of_slurms(
    number: str, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("northstar.executors.slurm.slurm.Slurm._run", lambda *_: pytest.fail("Slurm was asked"))
    with pytest.raises(NorthstarError, match="is not a Slurm job number"):
        Slurm().cancel([number])
    file = folder.place / "submission.json"
    file.write_text(file.read_text().replace('"7"', json.dumps(number)))
    with pytest.raises(
        NorthstarError,
        match=r"submission\.json (is not a valid record.* is not a valid job id|names .* is not a Slurm job number)",
    ):
        cancel(folder.output_dir, executors=folder.executors)
    assert " is not a " in status_of(folder.output_dir, folder.executors).notes[0]


def test_a_number_that_a_worker_did_not_say_is_noted_and_not_passed_on(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.slurm.states = {"7": JobState("running")}
    said = progress()
    said.slurm_job = "-9"
    folder.says(said)
    status = status_of(folder.output_dir, folder.executors)
    assert status.shards[0].ids == ("7",)
    assert status.notes == (f"{folder.place}/aime24/progress.json names '-9', which is not a Slurm job number.",)
    with pytest.raises(NorthstarError, match=r"names '-9', .* 1 job cancelled: 7\.$"):
        cancel(folder.output_dir, executors=folder.executors)
    assert folder.slurm.ended == ["7"]


DAMAGED = ["{", "[]", '{"number": 1}', "null", "[" * 3000]


@pytest.mark.parametrize("which", [None, "aime24"])
@pytest.mark.parametrize("content", DAMAGED)
def test_a_damaged_record_of_another_submission_is_named_and_what_runs_is_cancelled(
    content: str, which: str | None, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, place = new_submission(folder.output_dir)
    (place / "submission.json").write_text(content)
    folder.slurm.states = {"7": JobState("running")}
    with pytest.raises(
        NorthstarError, match=r"002/submission\.json is not a valid record of jobs: .* 1 job cancelled: 7\.$"
    ):
        cancel(folder.output_dir, which, executors=folder.executors)
    assert folder.slurm.ended == ["7"]


@pytest.mark.parametrize("content", DAMAGED)
def test_a_damaged_record_is_named_and_nothing_is_cancelled(content: str, folder: Folder) -> None:
    (folder.place / "submission.json").write_text(content)
    with pytest.raises(NorthstarError, match=r"001/submission\.json is not a valid record of jobs: "):
        cancel(folder.output_dir, executors=folder.executors)


@pytest.mark.parametrize("name", ["../../../x", "a/b", "..", ""])
def test_the_name_of_a_job_is_no_path(name: str, folder: Folder) -> None:
    file = folder.place / "submission.json"
    file.write_text(file.read_text().replace('"aime24"', json.dumps(name), 1))
    assert "is not a valid job name" in status_of(folder.output_dir, folder.executors).notes[0]


@pytest.fixture
def growing(folder: Folder) -> Folder:
    """A job that has added the seed 2 to those that it was given."""
    folder.slurm.states = {"7": JobState("running")}
    later = progress()
    later.growth = {"aime24": "2 seeds, ±4.1 points; about 7 more"}
    later.shards["aime24/output-rs2"] = ShardProgress(30, 3, 2, 900, 45.0)
    folder.says(later)
    return folder


def test_seeds_that_a_range_has_got_since_are_the_jobs_too(growing: Folder) -> None:
    status = status_of(growing.output_dir, growing.executors)
    assert {shard.name: shard.state for shard in status.shards}["aime24 rs2"] == "running"
    assert status.notes == ("aime24: 2 seeds, ±4.1 points; about 7 more.",)


@pytest.mark.parametrize("which", ["aime24:2", "aime24:0", "aime24/rs2"])
def test_a_seed_of_a_range_is_cancelled_with_the_whole_job_alone(which: str, growing: Folder) -> None:
    with pytest.raises(
        UsageError, match=rf"^{which} is of a range of seeds, on all of which job 7 takes one decision; --"
    ):
        cancel(growing.output_dir, which, executors=growing.executors)
    assert cancel(growing.output_dir, which, whole_job=True, executors=growing.executors) == ["7"]


def test_of_a_seed_that_a_range_has_not_got_yet_it_is_said_that_it_may_come(growing: Folder) -> None:
    with pytest.raises(UsageError, match=r"^aime24:7 has not begun: job 7 adds seeds of aime24 until its precision is"):
        cancel(growing.output_dir, "aime24:7", executors=growing.executors)
    with pytest.raises(UsageError, match=r"^no job of .* is 'aime24:x'\."):
        cancel(growing.output_dir, "aime24:x", executors=growing.executors)
