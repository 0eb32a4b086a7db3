"""What the queue is told of rows that other seeds have answered."""

from __future__ import annotations

from pathlib import Path

from northstar.results.known_lengths import known_lengths


def output(folder: Path, name: str, *seconds: float) -> None:
    lines = (f'{{"generation_start_time": 100.0, "generation_end_time": {100 + each}}}\n' for each in seconds)
    (folder / name).write_text("".join(lines))


def test_rows_of_whole_outputs_are_known(tmp_path: Path) -> None:
    output(tmp_path, "output-rs0.jsonl", 2.0, 8.0)
    output(tmp_path, "output-rs1.jsonl", 3.0, 9.0)
    assert list(known_lengths(tmp_path)) == [(0, 2.0), (1, 8.0), (0, 3.0), (1, 9.0)]


def test_a_chunk_is_passed_over_since_its_first_line_is_no_first_row(tmp_path: Path) -> None:
    output(tmp_path, "output-rs0_chunk_1-of-2.jsonl", 2.0)
    assert list(known_lengths(tmp_path)) == []


def test_a_few_files_are_enough(tmp_path: Path) -> None:
    for seed in range(6):
        output(tmp_path, f"output-rs{seed}.jsonl", 1.0)
    assert len(list(known_lengths(tmp_path, most_files=4))) == 4


def test_damage_costs_foresight_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "output-rs0.jsonl").write_bytes(b'{"generation_end_time": 5.0}\n\xff\n')
    output(tmp_path, "output-rs1.jsonl", 7.0)
    assert list(known_lengths(tmp_path)) == [(0, 5.0), (0, 7.0)]
