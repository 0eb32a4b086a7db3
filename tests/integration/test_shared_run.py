"""Several processes share one run: each sample is answered once, whoever joins, dies, sleeps or has no room."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from northstar.pool.files import pool_folder
from tests.conftest import Ns
from tests.integration.killing import on_file
from tests.integration.timeless import timeless
from tests.waiting import wait_for

pytestmark = pytest.mark.slow

Start = Callable[..., str]
SEEDS, ROWS = 4, 24
LEASE = 2.0


class Jobs:
    """Starts `ns eval` jobs that share one output folder, and knows what they did."""

    def __init__(self, folder: Path, data_dir: Path, start_mock: Start) -> None:
        self.output, self.log = folder / "out", folder / "asked.log"
        self._start_mock = start_mock
        self._environment = {
            **os.environ,
            "NORTHSTAR_DATA_DIR": str(data_dir),
            "NORTHSTAR_LEASE_SECONDS": str(LEASE),
        }
        self.address = ""
        self.started: list[subprocess.Popen[str]] = []

    def serve(self, *options: object) -> None:
        self.address = self._start_mock("--log", self.log, "--right=0.5", *options)

    def start(self, limits: Callable[[], None] | None = None) -> subprocess.Popen[str]:
        words = [
            *("eval", f"--benchmarks=smoke:{SEEDS}", f"--output_dir={self.output}", f"--server_address={self.address}"),
            *("--model=mock", "--num_jobs=2", "++max_concurrent_requests=3"),
        ]
        process = subprocess.Popen(
            [sys.executable, "-m", "northstar", *words],
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            preexec_fn=limits,
        )
        self.started.append(process)
        return process

    def answered(self, wanted: int) -> bool:
        """Wait until so many answers are on file."""
        return wait_for(lambda: on_file(self.output / "eval-results/smoke") >= wanted)

    def ends(self, process: subprocess.Popen[str], status: int = 0) -> str:
        """Wait for its end; returns what it said."""
        said = process.communicate(timeout=120)[0]
        assert process.returncode == status, said
        return said

    @property
    def asked(self) -> list[tuple[str, int]]:
        """(message, seed) of each answer of the server."""
        events = [json.loads(line) for line in self.log.read_text().splitlines()]
        return [(event["message"], event["seed"]) for event in events if event["event"] == "answered"]

    def check(self) -> None:
        """Each (row, seed) is in the outputs once, in order, and nothing of the pool is left."""
        folder = self.output / "eval-results/smoke"
        assert sorted(file.name for file in folder.glob("output*")) == [
            f"output-rs{seed}.jsonl" for seed in range(SEEDS)
        ]
        ids = {
            file.name: [json.loads(line)["id"] for line in file.read_text().splitlines()]
            for file in folder.glob("output*")
        }
        assert ids == {
            f"output-rs{seed}.jsonl": [f"smoke-{n:02d}" for n in range(1, ROWS + 1)] for seed in range(SEEDS)
        }
        assert not pool_folder(self.output).exists()


@pytest.fixture
def jobs(tmp_path: Path, data_dir: Path, start_mock: Start) -> Iterator[Jobs]:
    found = Jobs(tmp_path, data_dir, start_mock)
    yield found
    for process in found.started:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def table(ns: Ns, output: Path) -> Any:
    """The numbers of the table but for the time that it took."""
    done = ns("summarize_results", output, "--format=json")
    assert done.returncode == 0, done.stderr
    return timeless(json.loads((output / "eval-results/metrics.json").read_text())["smoke"])


@pytest.mark.parametrize("count", [1, 2, 4])
def test_each_sample_is_asked_once_and_the_table_is_that_of_one_job(
    jobs: Jobs, ns: Ns, tmp_path: Path, count: int
) -> None:
    jobs.serve("--delay=0.1")
    for process in [jobs.start() for _ in range(count)]:
        jobs.ends(process)
    jobs.check()
    assert len(jobs.asked) == len(set(jobs.asked)) == SEEDS * ROWS
    alone = tmp_path / "alone"
    where = (f"--server_address={jobs.address}", "--model=mock", f"--output_dir={alone}")
    assert ns("eval", f"--benchmarks=smoke:{SEEDS}", *where).returncode == 0
    assert table(ns, jobs.output) == table(ns, alone)


def test_a_job_that_is_added_amid_the_run_takes_its_share(jobs: Jobs) -> None:
    jobs.serve("--delay=0.3")
    first = jobs.start()
    assert jobs.answered(12)
    second = jobs.start()
    assert jobs.answered(40)
    progress = jobs.output / "eval-logs/jobs/002/here/progress.json"
    jobs.ends(first)
    jobs.ends(second)
    jobs.check()
    assert len(jobs.asked) == len(set(jobs.asked)) == SEEDS * ROWS
    shares = [shard.get("generated", 0) for shard in json.loads(progress.read_text())["shards"].values()]
    assert sum(shares) > 0


def test_after_kill_9_the_others_do_what_was_in_flight_and_nothing_twice_that_was_done(jobs: Jobs) -> None:
    jobs.serve("--delay=0.3")
    killed, other = jobs.start(), jobs.start()
    assert jobs.answered(20)
    killed.kill()
    jobs.ends(other)
    jobs.check()
    twice = len(jobs.asked) - len(set(jobs.asked))
    assert twice <= 3  # what it had in flight


def test_after_a_stop_the_others_go_on_at_once(jobs: Jobs) -> None:
    jobs.serve("--delay=0.3")
    stopped, other = jobs.start(), jobs.start()
    assert jobs.answered(20)
    stopped.send_signal(signal.SIGTERM)
    assert "stopped by SIGTERM" in jobs.ends(stopped, 130)
    jobs.ends(other)
    jobs.check()


def test_a_job_that_slept_longer_than_the_lease_does_no_harm_when_it_wakes(jobs: Jobs) -> None:
    jobs.serve("--delay=0.2")
    sleeper, other = jobs.start(), jobs.start()
    assert jobs.answered(20)
    sleeper.send_signal(signal.SIGSTOP)
    jobs.ends(other)
    jobs.check()
    sleeper.send_signal(signal.SIGCONT)
    jobs.ends(sleeper)
    jobs.check()


def test_a_sleeper_that_wakes_amid_the_run_takes_part_again(jobs: Jobs) -> None:
    jobs.serve("--delay=1")
    sleeper, other = jobs.start(), jobs.start()
    assert jobs.answered(6)
    sleeper.send_signal(signal.SIGSTOP)
    before = {token.name for token in pool_folder(jobs.output).iterdir()}
    holder = next(name.split(",")[0] for name in before if name.count(",") == 1)
    assert holder
    assert wait_for(lambda: _expelled(jobs.output), 30)
    sleeper.send_signal(signal.SIGCONT)
    jobs.ends(other)
    jobs.ends(sleeper)
    jobs.check()


def _expelled(output: Path) -> bool:
    """Whether only one node says that it is alive."""
    return sum(file.name.count(",") == 1 for file in pool_folder(output).iterdir()) == 1


def test_a_job_without_room_for_its_journal_ends_and_the_others_do_its_work(jobs: Jobs) -> None:
    jobs.serve("--delay=0.1", "--tokens=600")
    small = jobs.start(lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000)))
    assert "cannot write" in jobs.ends(small, 1)
    jobs.ends(jobs.start())
    jobs.check()


def test_what_all_jobs_left_when_they_were_killed_is_done_by_the_next(jobs: Jobs) -> None:
    jobs.serve("--delay=0.2")
    killed = [jobs.start(), jobs.start()]
    assert jobs.answered(20)
    for process in killed:
        process.kill()
        process.communicate()
    jobs.ends(jobs.start())
    jobs.check()
    assert len(jobs.asked) - len(set(jobs.asked)) <= 6
