"""--rerun_done, other chunks than before, and two jobs on one folder: results of two kinds are never mixed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Ns

Start = Callable[..., str]
COLD = "++inference.temperature=0.1"


def words(address: str, output: Path, seeds: int, *more: str) -> list[str]:
    asked = ["eval", f"--benchmarks=smoke:{seeds}", f"--output_dir={output}", "--model=mock"]
    return [*asked, f"--server_address={address}", *more]


def begin(command: list[str], data: Path) -> subprocess.Popen[str]:
    environment = {**os.environ, "NORTHSTAR_DATA_DIR": str(data)}
    return subprocess.Popen(
        [sys.executable, "-m", "northstar", *command], env=environment, stderr=subprocess.PIPE, text=True
    )


def journalled(folder: Path) -> int:
    return sum(file.read_text().count('"generation":{') for file in folder.glob("*.journal"))


def wait_for_journal(folder: Path, count: int) -> None:
    deadline = time.monotonic() + 120
    while journalled(folder) < count:
        assert time.monotonic() < deadline, "nothing was journalled"
        time.sleep(0.02)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "out/eval-results/smoke"


def test_other_settings_for_some_seeds_only_are_refused(ns: Ns, start_mock: Start, tmp_path: Path) -> None:
    address, output = start_mock(), tmp_path / "out"
    assert ns(*words(address, output, 3)).returncode == 0
    refused = ns(*words(address, output, 2, COLD, "--rerun_done"))
    assert refused.returncode == 1
    assert "also holds output-rs2, made with other settings" in refused.stderr
    assert ns(*words(address, output, 3)).returncode == 0  # nothing was moved or noted


def test_the_same_settings_may_rerun_some_seeds(ns: Ns, start_mock: Start, tmp_path: Path, folder: Path) -> None:
    address, output = start_mock(), tmp_path / "out"
    assert ns(*words(address, output, 3)).returncode == 0
    assert ns(*words(address, output, 1, "--rerun_done")).returncode == 0
    assert sorted(file.name for file in (folder / "superseded").glob("*/*")) == ["metrics.json", "output-rs0.jsonl"]


def test_a_rerun_that_was_killed_goes_on_with_the_same_command(
    ns: Ns, start_mock: Start, tmp_path: Path, folder: Path
) -> None:
    log, output = tmp_path / "log", tmp_path / "out"
    address = start_mock("--delay", 0.2, "--log", log)
    assert ns(*words(address, output, 4)).returncode == 0
    again = words(address, output, 4, COLD, "--rerun_done", "++max_concurrent_requests=4")
    worker = begin(again, tmp_path / "data")
    wait_for_journal(folder, 12)
    worker.send_signal(signal.SIGKILL)
    worker.communicate()
    kept, before = journalled(folder), log.read_text().count('"arrived"')
    assert ns(*again).returncode == 0
    assert log.read_text().count('"arrived"') - before == 96 - kept
    assert len(list((folder / "superseded").glob("*/*.jsonl"))) == 4


def test_a_rerun_leaves_alone_what_another_job_works_on(
    ns: Ns, start_mock: Start, tmp_path: Path, folder: Path
) -> None:
    output = tmp_path / "out"
    command = words(start_mock("--delay", 0.8), output, 2, "++max_concurrent_requests=4")
    worker = begin(command, tmp_path / "data")
    wait_for_journal(folder, 4)
    refused = ns(*command, "--rerun_done")
    _, stderr = worker.communicate(timeout=120)
    assert (refused.returncode, worker.returncode) == (1, 0), stderr
    assert "is being written by process" in refused.stderr
    assert not (folder / "superseded").exists()


def test_chunks_that_were_left_apart_are_put_together(ns: Ns, start_mock: Start, tmp_path: Path, folder: Path) -> None:
    log, output = tmp_path / "log", tmp_path / "out"
    command = words(start_mock("--log", log), output, 1, "--num_chunks=2")
    assert ns(*command, "--chunk_ids=0").returncode == 0
    assert "seed 0 is not complete" in ns(*command, "--chunk_ids=0").stderr
    elsewhere = words(command[-2].removeprefix("--server_address="), tmp_path / "other", 1, "--num_chunks=2")
    assert ns(*elsewhere, "--chunk_ids=1").returncode == 0
    name = "output-rs0_chunk_1-of-2.jsonl"
    (tmp_path / "other/eval-results/smoke" / name).rename(folder / name)  # as a kill before the joining leaves it
    asked = log.read_text().count('"arrived"')
    assert " smoke " in ns(*command).stdout
    assert log.read_text().count('"arrived"') == asked
    assert len((folder / "output-rs0.jsonl").read_text().splitlines()) == 24


def test_what_was_cut_otherwise_is_not_asked_again(ns: Ns, start_mock: Start, tmp_path: Path, folder: Path) -> None:
    command = words(start_mock("--delay", 0.2), tmp_path / "out", 1, "++max_concurrent_requests=2")
    worker = begin(command, tmp_path / "data")
    wait_for_journal(folder, 4)
    worker.send_signal(signal.SIGKILL)
    worker.communicate()
    refused = ns(*command, "--num_chunks=2")
    assert refused.returncode == 1
    assert "holds output-rs0, which holds a part of the same generations in other chunks" in refused.stderr
    assert ns(*command).returncode == 0


@pytest.mark.parametrize("words", [("++max_samples=4",), ("--num_chunks=2", "--chunk_ids=1")])
def test_a_run_that_got_no_answer_ties_the_next_to_nothing(
    ns: Ns, start_mock: Start, tmp_path: Path, words: tuple[str, ...]
) -> None:
    run = ("eval", "--benchmarks=smoke", f"--output_dir={tmp_path / 'out'}", "--model=mock")
    nobody = ns(*run, "--server_address=http://127.0.0.1:9/v1", *words)
    assert (nobody.returncode, "no server answers" in nobody.stderr) == (1, True)
    broken = ns(*run, f"--server_address={start_mock('--always=500')}", "++max_retries=0", *words)
    assert (broken.returncode, "samples got no answer" in broken.stderr) == (1, True), broken.stderr
    done = ns(*run, f"--server_address={start_mock()}", "++inference.temperature=0.3")
    assert done.returncode == 0, done.stderr


def test_an_output_folder_that_cannot_be_written_is_one_sentence(ns: Ns, start_mock: Start, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(small)], capture_output=True).returncode != 0:
        pytest.skip("NO READ-ONLY FOLDER TO TRY: mounting a tmpfs needs root")
    try:
        command = words(start_mock(), small / "out", 1)
        assert ns(*command, "--num_chunks=2", "--chunk_ids=0").returncode == 0
        subprocess.run(["mount", "-o", "remount,ro", str(small)], check=True)
        refused = ns(*command, "--num_chunks=2")
        assert refused.returncode == 1
        assert "Read-only file system" in refused.stderr
        assert "bug in Northstar" not in refused.stderr
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_a_hangup_that_is_ignored_stays_ignored(start_mock: Start, tmp_path: Path, folder: Path) -> None:
    command = words(start_mock("--delay", 0.3), tmp_path / "out", 1, "++max_concurrent_requests=8")
    ignoring = "import signal, sys; signal.signal(signal.SIGHUP, signal.SIG_IGN); "
    run = f"{ignoring}from northstar.cli.app import main; main({json.dumps(command)})"
    environment = {**os.environ, "NORTHSTAR_DATA_DIR": str(tmp_path / "data")}
    worker = subprocess.Popen([sys.executable, "-c", run], env=environment, stderr=subprocess.PIPE, text=True)
    wait_for_journal(folder, 8)
    worker.send_signal(signal.SIGHUP)
    _, stderr = worker.communicate(timeout=120)
    assert worker.returncode == 0, stderr


def state(output: Path) -> dict[str, bytes]:
    """All results of a folder, and what run.json says of how they were made."""
    found = {str(path.relative_to(output)): path.read_bytes() for path in output.rglob("output*.jsonl")}
    return found | {"run.json": json.dumps(json.loads((output / "run.json").read_text())["results"]).encode()}


@pytest.mark.parametrize(
    "broken",
    [
        ("--server_type=generic", "--server_entrypoint=false"),
        ("--server_address=http://127.0.0.1:9/v1",),
        ("++max_retries=0",),  # against a server that answers nothing
    ],
    ids=["server does not start", "nobody is there", "no answer"],
)
def test_a_rerun_without_an_answer_puts_the_results_back(
    ns: Ns, start_mock: Start, tmp_path: Path, broken: tuple[str, ...]
) -> None:
    output = tmp_path / "out"
    done = words(start_mock(), output, 2)
    assert ns(*done).returncode == 0
    before = state(output)
    rerun = words(start_mock("--always=500"), output, 2, COLD, "--rerun_done")
    server = [word for word in rerun if not word.startswith("--server_address") or broken[0].startswith("++")]
    failed = ns(*server, *broken)
    assert failed.returncode == 1, failed.stderr
    assert state(output) == before
    assert ns(*done).returncode == 0  # nothing binds it to the settings of the rerun
    assert ns(*words(start_mock(), output, 2, COLD, "--rerun_done")).returncode == 0
    assert len(list(output.rglob("superseded/*/output-rs*.jsonl"))) == 2
