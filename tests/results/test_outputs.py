"""How finished work becomes files, and what is found of them later."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from northstar.core.records import Generation, Row
from northstar.results.journal import Journal
from northstar.results.layout import Shard, chunk_rows, journal_path
from northstar.results.outputs import finish_joining, record, write_output
from northstar.results.state import done_path, stems_there


class Numbers:
    """Rows that are no more than their number."""

    def row(self, number: int) -> Row:
        return {"id": number, "problem": f"problem {number}"}


def chunk(number: int, of: int = 3, rows: int = 10) -> Shard:
    return Shard("aime24", 0, chunk_rows(rows, number, of), number, of)


def finish(folder: Path, shard: Shard) -> None:
    """Answer every row of the shard and write its output."""
    journal = Journal(journal_path(folder, shard), benchmark=shard.benchmark, seed=shard.seed, rows=shard.rows)
    for row in reversed(shard.rows):
        journal.add_generation(row, Generation(generation=f"answer {row}"))
        journal.add_grade(row, {"symbolic_correct": True})
    asyncio.run(write_output(folder, shard, Numbers(), journal, record))
    journal.close()


def ids(path: Path) -> list[int]:
    return [json.loads(line)["id"] for line in path.read_text().splitlines()]


def test_a_record_is_the_row_then_the_generation_then_the_grade() -> None:
    generation = Generation(generation="5", reasoning="2 + 3", num_generated_tokens=9, finish_reason="stop")
    made = record({"id": 1, "problem": "2 + 3?"}, generation, {"predicted_answer": "5", "symbolic_correct": True})
    assert made == {
        "id": 1,
        "problem": "2 + 3?",
        "generation": "5",
        "finish_reason": "stop",
        "num_generated_tokens": 9,
        "num_prompt_tokens": None,
        "generation_start_time": 0.0,
        "generation_end_time": 0.0,
        "reasoning": "2 + 3",
        "predicted_answer": "5",
        "symbolic_correct": True,
    }


@pytest.mark.parametrize("column", ["error", "reasoning", "reasoning_unfinished", "judgement", "judge_correct"])
def test_a_column_of_the_dataset_is_not_taken_for_ours(column: str) -> None:
    assert column not in record({"id": 1, column: "the dataset's"}, Generation(generation="5"), {})


def test_an_output_is_in_row_order_and_its_journal_is_gone(tmp_path: Path) -> None:
    shard = Shard("aime24", 3, range(5))
    finish(tmp_path, shard)
    assert [file.name for file in tmp_path.iterdir()] == ["output-rs3.jsonl"]
    assert ids(tmp_path / "output-rs3.jsonl") == [0, 1, 2, 3, 4]
    assert done_path(tmp_path, shard) == tmp_path / "output-rs3.jsonl"


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_the_last_chunk_puts_all_together(tmp_path: Path, order: tuple[int, ...]) -> None:
    for number in order:
        assert not (tmp_path / "output-rs0.jsonl").exists()
        finish(tmp_path, chunk(number))
    assert ids(tmp_path / "output-rs0.jsonl") == list(range(10))
    assert stems_there(tmp_path, 0) == {"output-rs0"}
    assert all(done_path(tmp_path, chunk(number)) == tmp_path / "output-rs0.jsonl" for number in range(3))


def test_chunks_whose_writer_died_before_joining_are_joined_by_the_next(tmp_path: Path) -> None:
    for number in range(3):
        finish(tmp_path, chunk(number))
    whole = tmp_path / "output-rs0.jsonl"
    lines = whole.read_text().splitlines(keepends=True)
    whole.unlink()
    for number in range(3):
        part = tmp_path / f"{chunk(number).stem}.jsonl"
        part.write_text("".join(lines[row] for row in chunk(number).rows))
    finish_joining(tmp_path, chunk(1))
    assert ids(whole) == list(range(10))
