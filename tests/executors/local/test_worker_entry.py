"""What a worker's exit status says to the script of its job."""

from __future__ import annotations

from pathlib import Path

import pytest

from northstar.config.plan import Plan
from northstar.core.errors import NorthstarError
from northstar.engine.counters import RunCounters
from northstar.executors.local import worker_entry
from northstar.executors.local.local import Stopped
from northstar.jobs.job import Job, SummaryPlan, write_job
from tests.comparison.written_runs import write_run
from tests.recipes.written_recipes import write_recipe


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


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """What 200 rows with 16 seeds came to: every other one is right."""
    return write_run(tmp_path / "out", {f"row{row}": [row % 2 == 0] * 16 for row in range(200)})


def summarized(folder: Path, results: Path, recipe: Path) -> int:
    summary = SummaryPlan(output_dir=results, recipe=f"{recipe}:hot")
    return worker_entry.main(write_job(folder, Job(name="summary", summary=summary)))


def test_a_summary_ends_in_the_verdicts_of_the_recipe(
    results: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert summarized(tmp_path, results, write_recipe(tmp_path)) == 0
    table, verdicts = capsys.readouterr().out.split("\n\n")
    assert "pass@1[avg-of-16]" in table
    assert "mine.yaml:hot, margin 1" in verdicts
    assert "| agrees" in verdicts


def test_a_recipe_that_a_summary_cannot_read_fails_no_job_and_the_command_is_named(
    results: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert summarized(tmp_path, results, tmp_path / "gone.yaml") == 0
    printed = capsys.readouterr()
    assert "pass@1[avg-of-16]" in printed.out
    assert f"note: there are no verdicts: cannot read {tmp_path}/gone.yaml" in printed.err
    assert f"ns summarize_results {results} --recipe={tmp_path}/gone.yaml:hot prints them." in printed.err
