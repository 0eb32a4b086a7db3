"""The journal of a regrading holds grades alone, and belongs to the generations that it grades."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from northstar.core.errors import NorthstarError
from northstar.data.rows import RowFile
from northstar.results.regradings import RegradingJournal, is_of, regraded_record

RIGHT = {"predicted_answer": "1", "symbolic_correct": True}


def write(path: Path, *texts: str) -> Path:
    lines = [
        {"id": n, "generation": text, "generation_start_time": 1.0, "generation_end_time": 2.0 + len(text)}
        for n, text in enumerate(texts)
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def opened(path: Path, output: Path) -> RegradingJournal:
    return RegradingJournal(path, RowFile.open(output), benchmark="aime24", seed=0)


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return write(tmp_path / "output-rs0.jsonl", "one", "two")


def test_grades_are_found_again(output: Path, tmp_path: Path) -> None:
    journal = opened(tmp_path / "j", output)
    journal.add_grade(1, RIGHT)
    journal.close()
    journal = opened(tmp_path / "j", output)
    assert (journal.has_grade(0), journal.has_grade(1), journal.complete) == (False, True, False)
    assert (journal.generation(0).generation, journal.grade(1)) == ("one", RIGHT)
    journal.add_grade(0, RIGHT)
    assert journal.complete


def test_a_torn_last_line_is_cut_off(output: Path, tmp_path: Path) -> None:
    journal = opened(tmp_path / "j", output)
    journal.add_grade(0, RIGHT)
    journal.add_grade(1, RIGHT)
    journal.close()
    (tmp_path / "j").write_bytes((tmp_path / "j").read_bytes()[:-9])
    assert not opened(tmp_path / "j", output).has_grade(1)


def test_other_damage_is_an_error(output: Path, tmp_path: Path) -> None:
    journal = opened(tmp_path / "j", output)
    journal.add_grade(0, RIGHT)
    journal.close()
    (tmp_path / "j").write_bytes((tmp_path / "j").read_bytes().replace(b"true", b"null"))
    with pytest.raises(NorthstarError, match="line 2: damaged"):
        opened(tmp_path / "j", output)


def test_grades_of_other_generations_are_dropped(output: Path, tmp_path: Path) -> None:
    journal = opened(tmp_path / "j", output)
    journal.add_grade(0, RIGHT)
    journal.close()
    assert not opened(tmp_path / "j", write(output, "one", "three")).has_grade(0)


def test_a_file_of_new_grades_is_of_the_generations_with_the_same_rows_and_times(output: Path, tmp_path: Path) -> None:
    grades, records = tmp_path / "graded.jsonl", RowFile.open(output)
    journal = opened(tmp_path / "j", output)
    lines = [regraded_record(records.row(n), journal.generation(n), RIGHT) for n in range(2)]
    assert not is_of(output, grades)
    grades.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert is_of(output, grades)
    assert not is_of(write(output, "one", "three"), grades)
    assert not is_of(write(output, "one"), grades)
