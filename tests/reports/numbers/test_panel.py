"""What several judges say together of the same outputs, from their judgements on disk."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from northstar.reports.summarize import summarize_results

LABELS = {"A": "correct", "B": "incorrect", "C": "not_attempted"}


def judged(output: Path, benchmark: str, name: str, **judges: str) -> None:
    """An output and its judgements, a letter a row: y, n (yes, no), a label's letter, - (unread), 0 (not asked)."""
    folder = output / "eval-results" / benchmark
    folder.mkdir(parents=True, exist_ok=True)
    rows = range(len(next(iter(judges.values()))))
    lines = [
        {
            "id": f"q{row}",
            "generation": "…",
            "predicted_answer": None,
            "symbolic_correct": False,
            "finish_reason": "stop",
        }
        for row in rows
    ]
    (folder / name).write_text("".join(json.dumps(line) + "\n" for line in lines))
    for judge, letters in judges.items():
        place = folder / "judgements" / judge
        place.mkdir(parents=True, exist_ok=True)
        verdicts = [{"id": f"q{row}", "judge": judge, **verdict(letter)} for row, letter in enumerate(letters)]
        (place / name).write_text("".join(json.dumps(each) + "\n" for each in verdicts))


def verdict(letter: str) -> dict[str, object]:
    said = {"judgement": "…", "finish_reason": "stop"}
    if letter == "-":
        return {**said, "judge_correct": None, "judge_unparsed": True}
    if letter == "0":
        return {"judgement": "", "finish_reason": "nothing to judge", "judge_correct": False}
    label = {"judge_label": LABELS[letter]} if letter in LABELS else {}
    return {**said, "judge_correct": letter in "yA", **label}


def test_the_majority_of_three_judges_decides_and_each_two_are_compared(tmp_path: Path) -> None:
    judged(tmp_path, "hle", "output-rs0.jsonl", a="yynn", b="yyny", c="ynyn")
    summary = summarize_results(tmp_path)
    found = summary.metrics["hle"]
    assert found["panel"]["pass@1"]["judge_correct"] == 50  # yes, yes, no, no
    pair = found["agreement"]["a / b"]
    assert (pair["num_verdicts"], pair["agreement"], pair["num_differ"]) == (4, 75, 1)
    assert pair["kappa"] == pytest.approx(0.5)  # po = 3/4, pe = (2*3 + 2*1) / 16 = 1/2
    assert pair["differ"] == [{"id": "q3", "seed": 0, "labels": ["no", "yes"]}]
    assert set(found["agreement"]) == {"a / b", "a / c", "b / c"}


def test_the_tables_stand_behind_those_of_the_judges(tmp_path: Path) -> None:
    judged(tmp_path, "hle", "output-rs0.jsonl", a="yn", b="yy")
    summary = summarize_results(tmp_path)
    assert list(summary.tables) == [
        *("hle (judge a)", "hle (judge b)", "hle (majority of 2 judges)", "hle (agreement of judges)"),
    ]
    assert summary.tables["hle (agreement of judges)"] == [
        ["judges", "num_verdicts", "agreement", "kappa", "num_differ"],
        ["a / b", "2", "50.00%", "0.00", "1"],
    ]
    assert "hle: a / b differ on q1 (all: agreement in metrics.json)." in summary.notes


def test_without_a_majority_an_answer_is_not_correct_and_is_counted(tmp_path: Path) -> None:
    judged(tmp_path, "hle", "output-rs0.jsonl", a="yyn-", b="ynn-")
    mode = summarize_results(tmp_path).metrics["hle"]["panel"]["pass@1"]
    assert (mode["judge_correct"], mode["no_majority"]) == (25, 50)


def test_what_no_judge_was_asked_about_is_no_agreement(tmp_path: Path) -> None:
    judged(tmp_path, "hle", "output-rs0.jsonl", a="yn00", b="yn00")
    found = summarize_results(tmp_path).metrics["hle"]
    assert found["agreement"]["a / b"]["num_verdicts"] == 2
    assert found["panel"]["pass@1"]["judge_correct"] == 25
    assert "no_majority" not in found["panel"]["pass@1"]


def test_labels_are_compared_as_they_are_not_as_right_and_wrong(tmp_path: Path) -> None:
    judged(tmp_path, "simpleqa-verified", "output-rs0.jsonl", a="AABC", b="ABCC")
    found = summarize_results(tmp_path).metrics["simpleqa-verified"]
    assert found["agreement"]["a / b"]["num_differ"] == 2
    assert found["panel"]["pass@1"]["not_attempted"] == 25
    assert found["panel"]["pass@1"]["f1"] == pytest.approx(2 * 100 * 25 / 125)


def test_over_seeds_a_pair_names_the_seed(tmp_path: Path) -> None:
    judged(tmp_path, "hle", "output-rs0.jsonl", a="yn", b="yn")
    judged(tmp_path, "hle", "output-rs1.jsonl", a="yn", b="nn")
    found = summarize_results(tmp_path).metrics["hle"]
    assert found["agreement"]["a / b"]["differ"] == [{"id": "q0", "seed": 1, "labels": ["yes", "no"]}]
    assert found["panel"]["pass@1[avg-of-2]"]["judge_correct"] == 25


def test_a_judge_that_judged_a_part_is_not_of_the_panel(tmp_path: Path) -> None:
    judged(tmp_path, "hle", "output-rs0.jsonl", a="yn", b="yn")
    judged(tmp_path, "hle", "output-rs1.jsonl", a="yn")
    assert "panel" not in summarize_results(tmp_path).metrics["hle"]
