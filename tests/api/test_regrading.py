"""Finished generations are graded anew, asking nobody; the results stand beside those of the run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import northstar
from northstar.core.errors import NorthstarError, UsageError
from northstar.graders.math.answer import MathAnswer
from northstar.reports.summarize import summarize_results
from tests.api.finished import TEXTS, write

BY_WORD = {"eval_config": {"extract_regex": r"It is (\d+)"}}


@pytest.fixture
def out(tmp_path: Path) -> Path:
    write(tmp_path / "out")
    return tmp_path / "out"


def lines_of(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def regrade(out: Path, **options: Any) -> Any:
    return northstar.regrade(out, progress=False, **options)


def score(metrics: Any, mode: str = "pass@1[avg-of-2]") -> float:
    return float(metrics["math-500"][mode]["symbolic_correct"])


def test_new_results_stand_beside_the_old_ones_which_stay_as_they_are(out: Path) -> None:
    folder = out / "eval-results/math-500"
    before = {file.name: file.read_bytes() for file in folder.glob("output*")}
    regrading = regrade(out, name="by-word", overrides=BY_WORD)
    assert score(regrading.metrics) == pytest.approx(200 / 3)
    assert score(regrading.summary.metrics) == pytest.approx(100 / 3)
    assert {file.name: file.read_bytes() for file in folder.glob("output*")} == before
    for place in (folder, folder.parent):
        assert score(json.loads((place / "metrics@by-word.json").read_text())) == pytest.approx(200 / 3)
        assert score(json.loads((place / "metrics.json").read_text())) == pytest.approx(100 / 3)
    assert list(regrading.summary.shown) == ["math-500", "math-500 (regraded as by-word)"]


def test_changed_verdicts_are_listed_by_row_and_seed(out: Path) -> None:
    regrading = regrade(out, overrides=BY_WORD)
    changes = regrading.changes["math-500"]
    assert (changes.graded, changes.now_better, changes.now_worse, changes.only_extracted) == (6, 2, 0, 2)
    first = next(iter(regrading.changed("math-500")))
    assert (first.id, first.seed, first.was, first.now) == (
        "b", 0, {"symbolic_correct": False}, {"symbolic_correct": True},
    )  # fmt: skip
    assert (first.extracted_before, first.extracted) == ("4", "5")
    head, title, columns, line, _ = changes.text("math-500").splitlines()
    assert head.startswith("math-500: 6 generations graded anew, 2 verdicts changed: 2 scores rose, 0 fell")
    assert title.strip("-") == " changed verdicts of math-500 "
    assert [each.strip() for each in columns.split("|")] == ["row", "seed", "was", "now", "extracted"]
    assert [each.strip() for each in line.split("|")] == ["b", "0", "wrong", "right", "4 → 5"]


def test_a_generation_that_only_another_text_is_extracted_from_changes_the_majority(out: Path) -> None:
    regrading = regrade(out, overrides=BY_WORD)
    assert regrading.metrics["math-500"]["majority@2"]["no_answer"] == 0.0
    assert regrading.summary.metrics["math-500"]["majority@2"]["no_answer"] == pytest.approx(100 / 3)


def test_the_settings_of_the_run_hold_unless_others_are_given(tmp_path: Path) -> None:
    write(tmp_path, identity={"grader.extract_regex": r"It is (\d+)"})
    assert score(regrade(tmp_path).metrics) == pytest.approx(200 / 3)
    boxed = regrade(tmp_path, name="boxed", overrides=["++eval_config.extract_regex=null"])
    assert score(boxed.metrics) == pytest.approx(100 / 3)


def test_corrected_answers_hold_for_their_rows_alone(out: Path, tmp_path: Path) -> None:
    answers = tmp_path / "answers.jsonl"
    answers.write_text('{"id": "b", "expected_answer": 4}\n')
    regrading = regrade(out, answers=answers)
    assert score(regrading.metrics) == pytest.approx(200 / 3)
    graded = lines_of(out / "eval-results/math-500/regraded/regraded/output-rs0.jsonl")
    assert [line["expected_answer"] for line in graded] == ["3", "4", "7"]


def test_a_seed_that_is_not_complete_is_named_and_not_graded(out: Path) -> None:
    (out / "eval-results/math-500/output-rs2.jsonl.journal").write_text("")
    regrading = regrade(out)
    assert regrading.counters.total == 6
    assert (
        "note: math-500: seed 2 not complete, and not graded anew; the same ns eval goes on, then the same ns "
        in (regrading.counters.notices[0])
    )


def test_a_seed_that_came_later_is_graded_by_the_same_command(out: Path) -> None:
    regrade(out)
    write(out, (2,))
    assert (summarize_results(out).notes) == (
        "math-500: 1 of 3 outputs aren't graded anew as 'regraded' and not counted there; the same ns regrade goes on "
        "with them.",
    )
    again = regrade(out)
    assert again.counters.new_grades == 3
    assert "pass@1[avg-of-3]" in again.metrics["math-500"]


def test_generations_that_were_replaced_are_graded_again(out: Path) -> None:
    regrade(out)
    write(out, (1,))
    file = out / "eval-results/math-500/output-rs1.jsonl"
    file.write_text(file.read_text().replace('"generation_end_time": 3.0', '"generation_end_time": 9.0'))
    assert regrade(out).counters.new_grades == 3


def test_other_settings_under_the_same_name_are_refused(out: Path) -> None:
    regrade(out, name="x")
    with pytest.raises(NorthstarError) as refusal:
        regrade(out, name="x", overrides=BY_WORD)
    assert str(refusal.value) == (
        f"{out} holds a regrading 'x' of math-500 that was made differently:\n"
        '  grader.extract_regex: not set there, "It is (\\\\d+)" now\n'
        "Give this one another --name, or replace that one with --rerun_done."
    )


def test_other_reference_answers_under_the_same_name_are_refused(out: Path, tmp_path: Path) -> None:
    answers = tmp_path / "answers.jsonl"
    answers.write_text('{"id": "b", "expected_answer": "4"}\n')
    regrade(out)
    with pytest.raises(NorthstarError, match="that was made differently:\n  answers"):
        regrade(out, answers=answers)


def test_rerun_done_sets_the_results_of_that_name_aside(out: Path) -> None:
    regrade(out, name="x")
    again = regrade(out, name="x", overrides=BY_WORD, rerun_done=True)
    assert score(again.metrics) == pytest.approx(200 / 3)
    aside = list((out / "eval-results/math-500/regraded/x/superseded").glob("*/output-rs*.jsonl"))
    assert len(aside) == 2


def test_a_rerun_that_goes_on_with_other_answers_begins_anew(out: Path, tmp_path: Path) -> None:
    answers = tmp_path / "answers.jsonl"
    answers.write_text('{"id": "b", "expected_answer": "4"}\n')
    regrade(out, name="x", answers=answers, rerun_done=True)
    run = json.loads((out / "run.json").read_text())
    run["runs"][-1]["ending"] = "failed"  # after the first seed
    (out / "run.json").write_text(json.dumps(run))
    regraded = out / "eval-results/math-500/regraded/x"
    (regraded / "output-rs1.jsonl").unlink()
    answers.write_text('{"id": "b", "expected_answer": "5"}\n')
    regrade(out, name="x", answers=answers, rerun_done=True)
    of_b = [lines_of(regraded / f"output-rs{seed}.jsonl")[1]["expected_answer"] for seed in (0, 1)]
    assert of_b == ["5", "5"]


def test_a_rerun_that_grades_nothing_puts_the_former_grades_back(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(*_: Any) -> None:
        raise NorthstarError("no sandbox")

    regrade(out, name="x")
    regraded = out / "eval-results/math-500/regraded/x"
    before = {file.name: file.read_bytes() for file in regraded.glob("output-rs*")}
    settings = json.loads((out / "run.json").read_text())["results"]
    monkeypatch.setattr("northstar.engine.regrading.regrade._grade", fails)
    with pytest.raises(NorthstarError, match="no sandbox"):
        regrade(out, name="x", overrides=BY_WORD, rerun_done=True)
    assert {file.name: file.read_bytes() for file in regraded.glob("output-rs*")} == before
    assert json.loads((out / "run.json").read_text())["results"] == settings


def test_settings_of_asking_are_refused(out: Path) -> None:
    with pytest.raises(UsageError, match=r"\+\+inference says how the model is asked, and ns regrade asks nobody"):
        regrade(out, overrides=["++inference.temperature=0"])


def test_a_setting_that_no_grader_has_is_refused(out: Path) -> None:
    with pytest.raises(UsageError, match=r"unknown setting '\+\+eval_config.extract_rege'. Did you mean extract_regex"):
        regrade(out, overrides=["++eval_config.extract_rege=x"])


def test_a_folder_without_results_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there are no results in"):
        regrade(tmp_path)


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".x", "x" * 101, "a b"])
def test_a_name_that_is_no_file_name_is_refused(out: Path, name: str) -> None:
    with pytest.raises(UsageError, match="--name="):
        regrade(out, name=name)


def test_answers_to_two_benchmarks_at_once_are_refused(out: Path, tmp_path: Path) -> None:
    write(out, benchmark="aime24")
    (tmp_path / "answers.jsonl").write_text('{"id": "b", "expected_answer": "4"}\n')
    with pytest.raises(UsageError, match="--answers are of one benchmark; name it with --benchmarks"):
        regrade(out, answers=tmp_path / "answers.jsonl")


def test_a_judges_verdicts_are_not_mixed_with_new_symbolic_ones(tmp_path: Path) -> None:
    folder = write(tmp_path, benchmark="hle", identity={"grader.name": "short_answer"})
    for seed in (0, 1):
        judged = folder / f"judgements/j/output-rs{seed}.jsonl"
        judged.parent.mkdir(parents=True, exist_ok=True)
        judged.write_text("".join(json.dumps({"id": row, "judge": "j", "judge_correct": True}) + "\n" for row in TEXTS))
    regrading = regrade(tmp_path)
    assert "judge_correct" in regrading.summary.metrics["hle"]["pass@1[avg-of-2]"]
    assert "judge_correct" not in regrading.metrics["hle"]["pass@1[avg-of-2]"]
    assert any("judges' verdicts aren't part of the regrading" in note for note in regrading.summary.notes)


class TestAnOlderGrader:
    @pytest.mark.parametrize(("before", "said"), [(None, "of an unknown version"), (0.5, None), (-1, "-1")])
    def test_is_named_by_status_and_summary_until_its_results_are_graded_anew(
        self, tmp_path: Path, before: Any, said: str | None
    ) -> None:
        write(tmp_path, identity={"grader.version": before})
        by = f"graded by an older grader ({said}, today {MathAnswer.version})"
        older = f"{by}; seeds and rows added since then, by today's"
        notes = summarize_results(tmp_path).notes
        assert notes == ((f"math-500: {older}. Run ns regrade {tmp_path} to grade all alike.",) if said else ())
        told = (
            f"math-500 was {older}. Run ns regrade {tmp_path} to grade all of them with today's grader; it sends "
            "nothing to the model."
        )
        assert list(northstar.status(tmp_path).notes) == ([told] if said else [])
        regrade(tmp_path)
        assert northstar.status(tmp_path).notes == ()
        assert not any("ns regrade" in note for note in summarize_results(tmp_path).notes)

    def test_another_grader_is_named_too(self, tmp_path: Path) -> None:
        write(tmp_path, identity={"grader.name": "exact"})
        assert "another grader (exact, today math_answer)" in summarize_results(tmp_path).notes[0]
