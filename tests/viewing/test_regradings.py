"""OUT@NAME shows the same generations by the grades that ns regrade made under that name."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import pytest

from northstar.core.errors import UsageError
from northstar.pages.verdict import Verdict, verdict_of
from northstar.viewing.run import Run
from northstar.viewing.viewer import Viewer
from tests.viewing.invented_run import record, write_records, write_run


def regrade(output_dir: Path, name: str, *lines: dict[str, Any]) -> None:
    write_records(output_dir / "eval-results" / "sums" / "regraded" / name / "output-rs0.jsonl", lines)


def new_grade(of: dict[str, Any], **grade: Any) -> dict[str, Any]:
    """Return a line of new grades: right, unless told otherwise."""
    own = {name: of[name] for name in ("id", "generation_start_time", "generation_end_time")}
    return own | {"predicted_answer": "all new", "symbolic_correct": True} | grade


def seen(path: Path) -> Run:
    run = Run(path)
    run.look()
    return run


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A run of 24 rows and a seed, of which a regrading finds each right."""
    folder = write_run(tmp_path / "out", seeds=[0])
    regrade(folder, "kind", *(new_grade(record(row, 0)) for row in range(24)))
    return folder


def test_the_new_grades_count_and_errors_stay_errors(out: Path) -> None:
    own, again = seen(out), seen(out.with_name("out@kind"))
    assert (own.name, again.name) == ("out", "out@kind")
    before, after = own.grids["sums"].counts(), again.grids["sums"].counts()
    assert 0 < before[Verdict.RIGHT] < after[Verdict.RIGHT]
    assert after[Verdict.ERROR] == before[Verdict.ERROR] > 0
    assert after[Verdict.RIGHT] + after[Verdict.ERROR] == 24


def test_a_sample_shows_the_new_grade_over_the_old_one(out: Path) -> None:
    viewer = Viewer([seen(out.with_name("out@kind"))])
    assert viewer.record(0, "sums", 3, 0)["predicted_answer"] == "all new"
    assert viewer.record(0, "sums", 3, 0)["problem"] == record(3, 0)["problem"]
    assert "all new" in viewer.sample(0, "sums", 3, 0, {})


def test_beside_the_run_itself_it_shows_what_the_new_grades_flip(out: Path) -> None:
    viewer = Viewer([seen(out), seen(out.with_name("out@kind"))])
    flipped = viewer.grid(0, "sums", {"show": "better"}).count("<tr data-row>")
    right = [run.grids["sums"].counts()[Verdict.RIGHT] for run in viewer.site.runs]
    assert flipped == right[1] - right[0]


def test_grades_of_other_generations_do_not_count_and_are_named(out: Path) -> None:
    """The times tell whose generation a grade is of."""
    lines = [new_grade(record(row, 0)) for row in range(24)]
    lines[0]["generation_end_time"] += 1
    regrade(out, "stale", *lines[:20])
    run = seen(out.with_name("out@stale"))
    errors = sum("error" in record(row, 0) for row in [0, *range(20, 24)])
    assert run.grids["sums"].done == 19 + errors
    assert run.notes == [f"sums: {5 - errors} generations have no grade of stale, and are not shown."]


def test_a_regrading_that_is_not_there_is_named_with_those_that_are(out: Path) -> None:
    with pytest.raises(UsageError, match=r"has no regrading 'kid'.*It has kind\."):
        Run(out.with_name("out@kid"))


def test_a_folder_with_that_name_is_a_run(tmp_path: Path) -> None:
    assert seen(write_run(tmp_path / "out@kind", seeds=[0])).grids["sums"].done == 24


def test_new_verdicts_are_those_that_a_run_graded_so_would_have(tmp_path: Path) -> None:
    """Also of generations that were cut off, or whose reasoning never ended, which only the record says."""
    endings = list(product([0.0, 0.5, 1.0], [True, False], ["stop", "length"], [True, False]))
    made = [
        record(0, 0) | {"finish_reason": finish, "reasoning_unfinished": unfinished, "id": str(number)}
        for number, (_, _, finish, unfinished) in enumerate(endings)
    ]
    write_records(tmp_path / "out" / "eval-results" / "sums" / "output-rs0.jsonl", made)
    grades = [
        new_grade(each, symbolic_correct=score, predicted_answer="4" if answered else None)
        for each, (score, answered, _, _) in zip(made, endings, strict=True)
    ]
    regrade(tmp_path / "out", "again", *grades)
    expected = [
        verdict_of(score, answered=answered, finish_reason=finish, unfinished=unfinished)
        for score, answered, finish, unfinished in endings
    ]
    found = seen(tmp_path / "out@again").grids["sums"].verdicts[:, 0]
    assert [Verdict(each) for each in found] == expected


def test_a_benchmark_that_was_not_graded_anew_is_not_shown(out: Path) -> None:
    write_run(out, benchmark="others", seeds=[0])
    assert list(seen(out.with_name("out@kind")).grids) == ["sums"]


def test_a_regrading_is_shown_as_it_is_made_anew(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("northstar.viewing.run.LOOK_SECONDS", 0.0)
    run = seen(out.with_name("out@kind"))
    regrade(out, "kind", *(new_grade(record(row, 0), symbolic_correct=False) for row in range(24)))
    run.look()
    assert run.grids["sums"].counts()[Verdict.RIGHT] == 0
