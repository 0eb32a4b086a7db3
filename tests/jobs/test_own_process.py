"""`ns cancel` signals a process only if it is the run that the record means; the record lies where others may write."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from northstar.api.watching import cancel, status
from northstar.core.errors import NorthstarError
from northstar.jobs import own_process
from northstar.jobs.job import SUBMISSION_FILE, JobShard, Submission, SubmittedJob, new_submission, write_submission
from northstar.jobs.own_process import began, is_there
from northstar.progress.progress_file import NAME, Progress

HOST = socket.gethostname()
Run = Callable[..., "subprocess.Popen[bytes]"]
SLEEP = "import sys, time; held = open(sys.argv[1], 'w') if sys.argv[1] else None; time.sleep(60)"


@pytest.fixture
def output_dir(tmp_path: Path) -> Path:
    (tmp_path / "out/eval-logs").mkdir(parents=True)
    (tmp_path / "other").mkdir()
    return tmp_path / "out"


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """Start a program that sleeps: of that name, with these words in its command, and this file open."""
    started: list[subprocess.Popen[bytes]] = []

    def start(name: str = "program", *words: str, holds: str = "") -> subprocess.Popen[bytes]:
        script = tmp_path / "bin" / name
        script.parent.mkdir(exist_ok=True)
        script.write_text(SLEEP)
        process = subprocess.Popen([sys.executable, str(script), holds, *words], cwd=tmp_path)
        started.append(process)
        while holds and not Path(tmp_path / holds).exists():
            time.sleep(0.01)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


def on_record(output_dir: Path, process: str, since: str) -> None:
    """A run that says that it works, by this id."""
    number, folder = new_submission(output_dir)
    shard = JobShard(benchmark="smoke", stem="output-rs0", rows=24)
    job = SubmittedJob(name="here", kind="eval", ids=("host:2",), began=since, shards=(shard,))
    record = Submission(number=number, executor="local", cluster="local", submitted="now", jobs=(job,))
    write_submission(folder, record)
    file = folder / SUBMISSION_FILE
    file.write_text(file.read_text().replace('"host:2"', json.dumps(process)))  # also one that nobody would write
    (folder / "here").mkdir()
    (folder / "here" / NAME).write_bytes(msgspec.json.encode(Progress(updated=time.time(), stage="running")))


def is_alive(process: subprocess.Popen[bytes]) -> bool:
    time.sleep(0.1)
    return process.poll() is None


@pytest.mark.parametrize("option", ["--output_dir=out", "--output-dir=out", "--output_dir out", "--output_dir={}/out"])
def test_a_command_of_that_folder_is_ended(option: str, output_dir: Path, run: Run, tmp_path: Path) -> None:
    words = option.format(tmp_path).split()
    process = run("ns", "eval", *words)
    on_record(output_dir, f"{HOST}:{process.pid}", began(process.pid))
    assert cancel(output_dir) == [f"{HOST}:{process.pid}"]
    assert process.wait(60) == -signal.SIGTERM


def test_a_worker_in_a_job_of_that_folder_is_ended(output_dir: Path, run: Run) -> None:
    job = output_dir / "eval-logs/jobs/001/here/job.json"
    process = run("northstar.executors.local.worker_entry", str(job))
    on_record(output_dir, f"{HOST}:{process.pid}", began(process.pid))
    job.touch()
    assert cancel(output_dir) == [f"{HOST}:{process.pid}"]


def test_a_program_that_holds_a_lock_of_that_folder_is_ended(output_dir: Path, run: Run) -> None:
    process = run(holds="out/eval-logs/.output-rs0.lock")  # as northstar.evaluate() in a notebook does
    on_record(output_dir, f"{HOST}:{process.pid}", began(process.pid))
    assert cancel(output_dir) == [f"{HOST}:{process.pid}"]
    assert process.wait(60) == -signal.SIGTERM


OTHERS = {
    "another program": (("program",), ""),
    "another program told of the folder": (("tail", "-f", "out"), ""),
    "ns status of the folder": (("ns", "status", "out"), ""),
    "a run of another folder": (("northstar", "eval", "--output_dir=other"), ""),
    "a program that reads a file of the folder": (("program",), "out/eval-logs/vllm.log"),
    "a program that holds another folder's lock": (("program",), "other/.output-rs0.lock"),
}


@pytest.mark.parametrize("what", OTHERS)
def test_what_is_not_seen_to_work_on_the_folder_is_not_signalled(what: str, output_dir: Path, run: Run) -> None:
    words, holds = OTHERS[what]
    process = run(*words, holds=holds)
    on_record(output_dir, f"{HOST}:{process.pid}", began(process.pid))
    with pytest.raises(
        NorthstarError,
        match=r"^process \d+, which .*/submission\.json names, does not seem .* Nothing was cancelled\.$",
    ):
        cancel(output_dir)
    assert is_alive(process)


def test_a_number_that_was_given_anew_is_a_run_that_has_ended(output_dir: Path, run: Run) -> None:
    process = run("northstar", "eval", "--output_dir=out")
    on_record(output_dir, f"{HOST}:{process.pid}", "another boot 12345")
    assert [(shard.state, shard.note) for shard in status(output_dir).shards] == [
        ("failed", "its process is gone; it did not say why")
    ]
    assert cancel(output_dir) == []
    assert is_alive(process)


def test_a_record_that_does_not_say_when_its_process_began_ends_nothing(output_dir: Path, run: Run) -> None:
    process = run("northstar", "eval", "--output_dir=out")
    on_record(output_dir, f"{HOST}:{process.pid}", "")
    with pytest.raises(
        NorthstarError, match=rf"does not say when process .* if it is the run, end it by kill {process.pid}"
    ):
        cancel(output_dir)
    assert is_alive(process)


def test_somebody_elses_process_is_not_signalled(output_dir: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    process = run("northstar", "eval", "--output_dir=out")
    on_record(output_dir, f"{HOST}:{process.pid}", began(process.pid))
    monkeypatch.setattr(os, "getuid", lambda: 4711)
    with pytest.raises(NorthstarError, match="belongs to another user; only that user can end it"):
        cancel(output_dir)
    assert is_alive(process)


@pytest.mark.parametrize("number", ["-1", "0", "1", "", "x", "1.5", "+7", "99999999999", "\u0661\u0662", "7 8", "7\n"])
def test_what_is_no_process_of_a_run_is_named_with_its_file(
    number: str, output_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_record(output_dir, f"{HOST}:{number}", began(1))
    monkeypatch.setattr("northstar.executors.local.executor.is_there", lambda *_: True)
    for name in ("kill", "killpg"):
        monkeypatch.setattr(os, name, lambda *_: pytest.fail("something was signalled"))
    monkeypatch.setattr(signal, "pidfd_send_signal", lambda *_: pytest.fail("something was signalled"), raising=False)
    with pytest.raises(NorthstarError, match=r"/submission\.json ") as raised:
        cancel(output_dir)
    assert str(raised.value).count("\n") == 0


def test_a_run_of_another_machine_is_ended_there_and_none_here_before(output_dir: Path, run: Run) -> None:
    process = run("northstar", "eval", "--output_dir=out")
    on_record(output_dir, f"{HOST}:{process.pid}", began(process.pid))
    on_record(output_dir, "elsewhere:7", "boot 1")
    with pytest.raises(NorthstarError, match=r"process 7 runs on elsewhere; ns cancel ends it there\. Nothing was"):
        cancel(output_dir)
    assert is_alive(process)


def test_one_that_has_just_ended_is_none(output_dir: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    process = run("northstar", "eval", "--output_dir=out")
    on_record(output_dir, f"{HOST}:{process.pid}", began(process.pid))

    def gone(*_: object) -> None:
        raise ProcessLookupError

    monkeypatch.setattr(signal, "pidfd_send_signal", gone)
    assert cancel(output_dir) == []


def test_when_a_process_began_tells_it_from_any_other(run: Run) -> None:
    mine = began(os.getpid())
    assert mine
    assert mine == began(os.getpid())
    time.sleep(0.05)
    assert began(run().pid) not in ("", mine)
    assert began(2**22 + 7) == ""


def test_a_record_of_an_earlier_version_is_believed_by_status_alone(run: Run) -> None:
    process = run()
    assert is_there(f"{HOST}:{process.pid}", "")
    assert not is_there(f"{HOST}:{2**22 + 7}", "")


def test_where_there_is_no_proc_ps_tells_the_same(
    output_dir: Path, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(own_process, "_PROC", tmp_path / "no-proc")
    process = run("northstar", "eval", f"--output_dir={output_dir}")
    since = began(process.pid)
    assert since
    on_record(output_dir, f"{HOST}:{process.pid}", since)
    assert cancel(output_dir) == [f"{HOST}:{process.pid}"]
    assert process.wait(60) == -signal.SIGTERM
