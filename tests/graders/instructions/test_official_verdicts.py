"""IFBench's verdicts on its own real answers are those that its authors published."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from northstar.core.records import Generation
from northstar.data.environment import environment_folder
from northstar.graders.instructions.rows import instructed
from northstar.graders.instructions.verifiers import ENVIRONMENT
from tests.graders.instructions.asking import grades

TAGGED = "words:start_verb"
"""The instruction that NLTK's tagger is needed for, which is fetched from its makers' address alone."""


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


@pytest.fixture(scope="module")
def graded(instructions_data: Path, shared_data: Path) -> list[tuple[dict[str, Any], list[bool], list[bool]]]:
    """Each answer's grade, with the official strict and loose verdicts."""
    folder = shared_data / "ifbench"
    rows = {row["problem"]: row for row in map(instructed, lines(folder / "test_294.jsonl"), range(294))}
    answers = lines(folder / "sample_output.jsonl")
    found = grades(
        instructions_data, [(rows[each["prompt"]], Generation(generation=each["response"])) for each in answers]
    )
    official = zip(lines(folder / "verdicts_strict.jsonl"), lines(folder / "verdicts_loose.jsonl"), strict=True)
    return [
        (
            dict(grade) | {"names": strict["instruction_id_list"]},
            *(v["follow_instruction_list"] for v in (strict, loose)),
        )
        for grade, (strict, loose) in zip(found, official, strict=True)
    ]


@pytest.mark.parametrize("reading", ["strict", "loose"])
def test_every_verdict_is_the_official_one(graded: list[Any], reading: str) -> None:
    assert len(graded) == 147
    other = [
        (grade["names"], mine, theirs)
        for grade, *official in graded
        for mine, theirs in zip(grade[f"{reading}_instructions"], official[reading == "loose"], strict=True)
        if mine is not None and mine != theirs
    ]
    assert other == []


def test_all_have_a_verdict_but_those_that_need_a_missing_model(graded: list[Any], instructions_data: Path) -> None:
    has_tagger = (environment_folder(ENVIRONMENT, instructions_data) / "nltk_data/taggers").exists()
    without = {
        name
        for grade, *_ in graded
        for name, *both in zip(grade["names"], grade["strict_instructions"], grade["loose_instructions"], strict=True)
        if None in both
    }
    assert without == (set() if has_tagger else {TAGGED})


@pytest.mark.parametrize("file", ["test_294", "test_300"])
def test_every_instruction_of_the_rows_has_a_verifier(instructions_data: Path, shared_data: Path, file: str) -> None:
    rows = [instructed(line, 0) for line in lines(shared_data / f"ifbench/{file}.jsonl")]
    found = grades(instructions_data, [(row, Generation(generation="One. Two, three.")) for row in rows])
    assert [grade["grading_error"] for grade in found if "grading_error" in grade] == []
