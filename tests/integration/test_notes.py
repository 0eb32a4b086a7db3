"""What `ns eval` says of answers that are missing, that come from another model, or that are all the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import northstar
from tests.conftest import Ns

pytestmark = pytest.mark.slow
Start = Callable[..., str]


def asked(ns: Ns, address: str, out: Path, *words: str, benchmarks: str = "smoke") -> tuple[str, list[str]]:
    """Stdout and notes of an `ns eval`."""
    given = (f"--benchmarks={benchmarks}", f"--output_dir={out}", f"--server_address={address}", "--model=mock")
    done = ns("eval", *given, *words)
    assert done.returncode == 0, done.stderr
    return done.stdout, [line for line in done.stderr.splitlines() if line.startswith("note: smoke: ")]


def of_metrics(out: Path) -> Any:
    return json.loads((out / "eval-results/metrics.json").read_text())["smoke"]


@pytest.mark.parametrize(
    ("fault", "reason", "said"),
    [
        ("no_text", "empty", "the server sent no text"),
        ("blank_text", "empty", "the server sent no text"),
        ("filtered", "withheld", "(content_filter 24)"),
        ("gemini_safety", "withheld", "(SAFETY 24)"),
        ("all_is_reasoning", "reasoning_alone", "--reasoning-parser"),
        ("never_ends_thinking", "reasoning_without_end", "++end_reasoning_string"),
        ("cut_in_reasoning", "reasoning_cut_off", "++inference.tokens_to_generate"),
        ("cut_before_text", "cut_off_before_text", "++inference.tokens_to_generate"),
        ("calls_alone", "tool_calls_alone", "--tool-call-parser"),
    ],
)
def test_a_run_without_any_answer_says_so_under_its_table_and_why(
    ns: Ns, start_mock: Start, tmp_path: Path, fault: str, reason: str, said: str
) -> None:
    table, notes = asked(ns, start_mock(f"--always={fault}"), tmp_path / "out")
    assert "NO ANSWERS: none of the 24 generations has an answer" in table
    assert any(note.startswith("note: smoke: 24 of 24 generations (100 %) ") and said in note for note in notes)
    assert of_metrics(tmp_path / "out")["answers"] == {
        "generations": 24,
        "without_answer": 24,
        "reasons": {reason: 24},
    }


def test_a_later_summary_the_metrics_and_the_python_api_have_the_same_notes(
    ns: Ns, start_mock: Start, tmp_path: Path
) -> None:
    faults = "no_text,filtered,cut_text,ended_oddly"
    table, notes = asked(ns, start_mock(f"--first={faults}"), tmp_path / "out")
    assert "NO ANSWERS" not in table
    assert len(notes) == 4
    later = ns("summarize_results", tmp_path / "out").stderr.splitlines()
    assert later[0].startswith("note: mock is known by its name only")
    assert later[1:] == notes
    assert [f"note: smoke: {note}" for note in of_metrics(tmp_path / "out")["notes"]] == notes
    again = northstar.evaluate(
        "smoke", output_dir=tmp_path / "out", model="mock", server_address=start_mock(), progress=False
    )
    assert [f"note: {note}" for note in again.notes] == later


def test_reasoning_that_is_demanded_and_never_comes_is_said(ns: Ns, start_mock: Start, tmp_path: Path) -> None:
    _, notes = asked(ns, start_mock(), tmp_path / "out", "++parse_reasoning=True")
    assert "have no '</think>' and so no answer under ++parse_reasoning=True" in notes[0]


def test_another_model_that_answers_in_between_is_noted_and_on_record(
    ns: Ns, start_mock: Start, tmp_path: Path
) -> None:
    server = start_mock("--models=mock,small", "--switch_after=30")
    _, notes = asked(ns, server, tmp_path / "out", benchmarks="smoke:2")
    model, fingerprint = notes[:2]
    assert "18 of 48 generations (37.5 %) were answered by another model than the first, 'mock': 'small' 18." in model
    assert "another system_fingerprint than the first, 'fp_before': 'fp_after' 18." in fingerprint
    run = json.loads((tmp_path / "out/run.json").read_text())
    seen = {origin["model"]: origin for origin in run["runs"][0]["answered_by"]}
    assert {name: origin["answers"] for name, origin in seen.items()} == {"mock": 30, "small": 18}
    assert seen["mock"]["first_answer"] == 1
    records = [
        json.loads(line)
        for seed in range(2)
        for line in (tmp_path / f"out/eval-results/smoke/output-rs{seed}.jsonl").read_text().splitlines()
    ]
    assert sum(record.get("answered_by") == "small" for record in records) == 18


def test_another_model_in_a_later_run_of_the_same_results_is_noted(ns: Ns, start_mock: Start, tmp_path: Path) -> None:
    asked(ns, start_mock(), tmp_path / "out", benchmarks="smoke:1")
    later = start_mock("--models=mock,small", "--switch_after=0")
    _, notes = asked(ns, later, tmp_path / "out", benchmarks="smoke:2")
    assert any("24 of 48 generations (50.0 %) were answered by another model" in note for note in notes)
    _, notes = asked(ns, later, tmp_path / "out", "--rerun_done", benchmarks="smoke:2")
    assert not any("another model" in note for note in notes)


def test_a_model_that_calls_itself_otherwise_than_it_was_asked_is_no_other_model(
    ns: Ns, start_mock: Start, tmp_path: Path
) -> None:
    server = start_mock("--models=mock,mock-2026-08-06", "--switch_after=0")
    assert asked(ns, server, tmp_path / "out")[1] == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ("++inference.temperature=0",),
            "3 seeds with ++inference.temperature=0 are 3 times the same greedy generation",
        ),
        ((), "all 3 seeds give the same text in nearly every row (24 of 24)"),
    ],
)
def test_seeds_that_are_no_generations_of_their_own_are_noted(
    ns: Ns, start_mock: Start, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    _, notes = asked(ns, start_mock("--right=1"), tmp_path / "out", *words, benchmarks="smoke:3")
    assert [said in note for note in notes] == [True]


@pytest.mark.parametrize("seed", ["5", "0"])
def test_a_starting_seed_without_seeds_is_refused_with_what_to_write(ns: Ns, tmp_path: Path, seed: str) -> None:
    done = ns("eval", "--benchmarks=smoke", f"--output_dir={tmp_path}/out", f"--starting_seed={seed}")
    assert done.returncode == 2
    assert f"--starting_seed={seed} is the first of several seeds" in done.stderr
    assert "write smoke:1" in done.stderr
