"""Which benchmarks are prepared."""

from __future__ import annotations

from pathlib import Path

from northstar.doctor.rows import data


def write(folder: Path, *names: str) -> None:
    for name in names:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("{}")


def test_prepared_splits_are_listed(tmp_path: Path) -> None:
    write(tmp_path, "aime24/test.jsonl", "aime24/test.manifest.json", "gpqa/main.jsonl", "gpqa/main.manifest.json")
    write(tmp_path, "environments/x.jsonl", "math-500/notes.txt")
    (check,) = data(tmp_path)
    assert (check.state, check.details["prepared"]) == ("ok", {"aime24": ["test"], "gpqa": ["main"]})
    assert check.text.startswith("2 benchmarks of ")
    assert check.text.endswith(f" prepared in {tmp_path}: aime24, gpqa")


def test_rows_that_do_not_say_what_they_are_get_a_warning(tmp_path: Path) -> None:
    write(tmp_path, "aime24/test.jsonl")
    (check,) = data(tmp_path)
    assert (check.state, check.todo) == ("warn", "ns prepare_data --force aime24")


def test_an_empty_folder_says_how_to_begin(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "missing"):
        (check,) = data(folder)
        assert check.todo.startswith("ns prepare_data ")
