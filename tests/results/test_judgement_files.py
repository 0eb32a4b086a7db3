"""How records take up their judgements."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from northstar.core.errors import NorthstarError
from northstar.results.judgement_files import judge_of, merge_judgements
from northstar.results.layout import judge_folder_name


def write(path: Path, lines: list[dict[str, object]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))


def read(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture
def results(tmp_path: Path) -> Path:
    write(tmp_path / "output-rs0.jsonl", [{"id": 1, "generation": "5"}, {"id": 2, "generation": "6"}])
    return tmp_path


def judged(results: Path, judge: str, *verdicts: bool, first: int = 1) -> None:
    lines: list[dict[str, object]] = [
        {"id": row, "judge": judge, "judgement": f"by {judge}", "judge_correct": verdict, "finish_reason": "stop"}
        for row, verdict in enumerate(verdicts, start=first)
    ]
    write(results / "judgements" / judge / "output-rs0.jsonl", lines)


def test_a_record_takes_the_verdict_and_nothing_else(results: Path) -> None:
    judged(results, "a", True, False)
    assert merge_judgements(results, "a", 0)
    assert read(results / "output-rs0.jsonl") == [
        {"id": 1, "generation": "5", "judgement": "by a", "judge_correct": True, "judge": "a"},
        {"id": 2, "generation": "6", "judgement": "by a", "judge_correct": False, "judge": "a"},
    ]


def test_the_first_judge_stays(results: Path) -> None:
    judged(results, "a", True, False)
    judged(results, "b", False, False)
    assert [
        merge_judgements(results, "a", 0),
        merge_judgements(results, "b", 0),
        merge_judgements(results, "a", 0),
    ] == [True, False, False]
    assert judge_of(results / "output-rs0.jsonl") == "a"


@pytest.mark.parametrize("missing", ["output-rs0.jsonl", "judgements/a/output-rs0.jsonl"])
def test_both_must_be_whole(results: Path, missing: str) -> None:
    judged(results, "a", True, False)
    (results / missing).unlink()
    assert not merge_judgements(results, "a", 0)


@pytest.mark.parametrize(("verdicts", "first"), [((True,), 1), ((True, False), 2)])
def test_judgements_of_other_rows_are_refused(results: Path, verdicts: tuple[bool, ...], first: int) -> None:
    judged(results, "a", *verdicts, first=first)
    with pytest.raises(NorthstarError, match="does not match"):
        merge_judgements(results, "a", 0)
    assert "judge" not in read(results / "output-rs0.jsonl")[0]


def age(path: Path, seconds: float) -> None:
    """As another host's clock would have it."""
    os.utime(path, (path.stat().st_mtime + seconds, path.stat().st_mtime + seconds))


@pytest.mark.parametrize("seconds", [-3600, 0, 3600])
def test_new_verdicts_of_the_same_judge_are_taken_whatever_the_clocks_say(results: Path, seconds: float) -> None:
    judged(results, "a", True, False)
    merge_judgements(results, "a", 0)
    judged(results, "a", True, True)
    age(results / "judgements/a/output-rs0.jsonl", seconds)
    assert merge_judgements(results, "a", 0)
    assert [record["judge_correct"] for record in read(results / "output-rs0.jsonl")] == [True, True]


@pytest.mark.parametrize("seconds", [-3600, 0, 3600])
def test_the_same_verdicts_are_not_written_again(results: Path, seconds: float) -> None:
    judged(results, "a", True, False)
    merge_judgements(results, "a", 0)
    age(results / "judgements/a/output-rs0.jsonl", seconds)
    assert not merge_judgements(results, "a", 0)


def test_a_model_that_can_be_a_folders_name_is_it() -> None:
    assert judge_folder_name("o3-mini-2025") == "o3-mini-2025"


@pytest.mark.parametrize("judge", ["/models/big judge/", "../..", "", "org/m", "é", "a" * 300])
def test_any_other_model_is_a_safe_name_too(judge: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,120}", judge_folder_name(judge))


@given(st.lists(st.text("aB/_-. é", max_size=8), unique=True, min_size=2, max_size=2))
def test_no_two_judges_share_a_folder(judges: list[str]) -> None:
    one, other = judges
    assert judge_folder_name(one) != judge_folder_name(other)


@pytest.mark.parametrize("line", [b'{"id": 2, "judge": "a\xff"}', b'{"id": 2', b"[2]"])
@pytest.mark.parametrize("file", ["output-rs0.jsonl", "judgements/a/output-rs0.jsonl"])
def test_a_damaged_line_is_named_with_its_file(results: Path, file: str, line: bytes) -> None:
    judged(results, "a", True, False)
    first = (results / file).read_bytes().splitlines()[0]
    (results / file).write_bytes(first + b"\n" + line + b"\n")
    with pytest.raises(NorthstarError, match=rf"{file}, line 2: not a record"):
        merge_judgements(results, "a", 0)


def test_a_first_record_that_cannot_be_read_names_no_judge(results: Path) -> None:
    (results / "output-rs0.jsonl").write_bytes(b'{"judge": "\xff"}\n')
    with pytest.raises(NorthstarError, match=r"output-rs0\.jsonl, line 1: not a record"):
        judge_of(results / "output-rs0.jsonl")
