"""What a worker's exit status says to the script of its job."""

from __future__ import annotations

from pathlib import Path

import pytest

from northstar.config.plan import Plan
from northstar.core.errors import NorthstarError
from northstar.engine.counters import RunCounters
from northstar.executors.local import worker_entry
from northstar.executors.local.local import Stopped
from northstar.jobs.job import Job, write_job


@pytest.mark.parametrize(
    ("error", "done", "status", "said"),
    [
        (Stopped("stopped"), RunCounters(new_generations=1), 75, "stopped\n"),  # no error: the job is queued again
        (Stopped("stopped"), RunCounters(new_grades=1), 75, "stopped\n"),
        (Stopped("stopped"), RunCounters(judging=[RunCounters(new_generations=1)]), 75, "stopped\n"),
        (Stopped("stopped"), RunCounters(), 130, "stopped\n"),
        (NorthstarError("wrong"), RunCounters(new_generations=1), 1, "error: wrong\n"),
        (None, RunCounters(), 0, ""),
    ],
)
def test_a_job_is_worth_going_on_with_if_it_got_on(
    error: Exception | None,
    done: RunCounters,
    status: int,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def run(_work: object, _folder: object, _watch: object, counters: RunCounters) -> None:
        counters.new_generations, counters.new_grades, counters.judging = (
            done.new_generations,
            done.new_grades,
            done.judging,
        )
        if error is not None:
            raise error

    monkeypatch.setattr(worker_entry, "run_job", run)
    path = write_job(tmp_path, Job(name="j", plan=Plan(output_dir=tmp_path)))
    assert worker_entry.main(path) == status
    assert capsys.readouterr().err == said
