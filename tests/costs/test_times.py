"""The times of a run's answers are read from outputs and journals; what can't be read is counted."""

from __future__ import annotations

import json
from pathlib import Path

from northstar.costs.times import read_answer_times
from northstar.results.layout import benchmark_folder


def write(output_dir: Path, name: str, *lines: str) -> Path:
    folder = benchmark_folder(output_dir, "aime24")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("".join(line + "\n" for line in lines))
    return folder / name


def times(start: object, end: object) -> str:
    return json.dumps({"generation": "x", "generation_start_time": start, "generation_end_time": end})


def test_outputs_of_all_seeds_are_read(tmp_path: Path) -> None:
    write(tmp_path, "output-rs0.jsonl", times(1.0, 2.0), times(3.0, 4.0))
    write(tmp_path, "output-rs1.jsonl", times(5.0, 6.0))
    assert read_answer_times(tmp_path).spans.tolist() == [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]


def test_of_a_seed_under_way_the_last_answer_to_each_row_counts(tmp_path: Path) -> None:
    header = '{"journal":2,"benchmark":"aime24","seed":0,"first_row":0,"rows":3}'
    first, again = (f'{{"row":1,"generation":{times(start, 9.0)}}}' for start in (1.0, 2.0))
    grade = '{"row":1,"grade":{"symbolic_correct":true}}'
    journal = write(tmp_path, "output-rs0.jsonl.journal", header, first, grade, again)
    with journal.open("a") as file:
        file.write(first[:20])  # it is being written
    found = read_answer_times(tmp_path)
    assert (found.spans.tolist(), found.unread) == ([[2.0, 9.0]], 0)


def test_times_that_are_missing_or_cannot_be_are_counted(tmp_path: Path) -> None:
    lines = [times(None, None), times(0, 5.0), times(9.0, 8.0), times(-1.0, 2.0), '{"id": 1}', times(1.0, 1.0)]
    write(tmp_path, "output.jsonl", *lines)
    found = read_answer_times(tmp_path)
    assert (found.spans.tolist(), found.untimed, found.backwards) == ([[1.0, 1.0]], 4, 1)


def test_lines_that_are_no_records_are_counted(tmp_path: Path) -> None:
    huge = '{"generation_start_time": 1e999, "generation_end_time": 2.0}'
    write(tmp_path, "output.jsonl", "{", "[]", times("soon", 2.0), huge, "\x00", times(1.0, 2.0))
    found = read_answer_times(tmp_path)
    assert (found.spans.tolist(), found.unread + found.untimed) == ([[1.0, 2.0]], 5)


def test_a_folder_without_results_has_no_times(tmp_path: Path) -> None:
    assert read_answer_times(tmp_path).spans.shape == (0, 2)
