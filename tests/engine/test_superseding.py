"""--rerun_done sets results aside once all is locked, and puts them back where nothing was made in their place."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path

import pytest

from northstar.core.errors import NorthstarError
from northstar.core.lock import Locks, locked
from northstar.engine.superseding import SetAside, supersede, supersede_outputs
from northstar.results.layout import Shard, shard_lock

SHARDS = [Shard("hle", 0, range(2)), Shard("hle", 1, range(2))]
WHEN = "20260101"


def write(folder: Path, *names: str, text: str = "old") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_text(text)


def files(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_text()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix != ".lock"
    }


@pytest.fixture
def results(tmp_path: Path) -> Path:
    folder = tmp_path / "eval-results/hle"
    write(folder, "output-rs0.jsonl", "output-rs1.jsonl.journal")
    write(folder / "judgements/a", "output-rs0.jsonl")
    return folder


def set_aside(tmp_path: Path) -> SetAside:
    with ExitStack() as stack:
        return supersede_outputs(tmp_path, {"hle": SHARDS}, Locks(stack), WHEN)


def test_outputs_journals_and_judgements_are_kept_under_their_time(tmp_path: Path, results: Path) -> None:
    set_aside(tmp_path)
    assert set(files(results)) == {
        f"superseded/{WHEN}/output-rs0.jsonl",
        f"superseded/{WHEN}/output-rs1.jsonl.journal",
        f"judgements/a/superseded/{WHEN}/output-rs0.jsonl",
    }


def test_they_are_put_back_as_they_were(tmp_path: Path, results: Path) -> None:
    before = files(results)
    aside = set_aside(tmp_path)
    write(results, "output-rs0.jsonl.journal", "output-rs1.jsonl.journal", text="the header alone\n")
    assert aside.put_back()
    assert files(results) == before
    assert not aside.put_back()


def test_what_was_answered_since_stays_in_place(tmp_path: Path, results: Path) -> None:
    aside = set_aside(tmp_path)
    write(results, "output-rs0_chunk_0-of-2.jsonl.journal", text="header\nanswer\n")
    aside.put_back()
    assert f"superseded/{WHEN}/output-rs0.jsonl" in files(results)
    assert files(results)["output-rs1.jsonl.journal"] == "old"


def test_nothing_moves_while_any_of_it_is_written_by_another(tmp_path: Path, results: Path) -> None:
    before = files(results)
    with (
        locked(shard_lock(results / "judgements/a", "output-rs1"), "it"),
        pytest.raises(NorthstarError, match="written"),
    ):
        set_aside(tmp_path)
    assert files(results) == before


def test_what_cannot_be_moved_leaves_the_others_where_they_were(tmp_path: Path, results: Path) -> None:
    before = files(results)
    write(results / "judgements/a", "superseded")  # a file, where a folder must be
    with pytest.raises(NorthstarError, match="cannot write"):
        set_aside(tmp_path)
    (results / "judgements/a/superseded").unlink()
    assert files(results) == before


def test_a_failure_before_anything_is_asked_puts_back(tmp_path: Path, results: Path) -> None:
    before = files(results)
    with pytest.raises(KeyError), set_aside(tmp_path):
        raise KeyError
    assert files(results) == before


def test_locks_that_are_held_already_are_taken_once(results: Path) -> None:
    with ExitStack() as stack:
        locks = Locks(stack)
        supersede([(results, SHARDS)], locks, WHEN, [])
        supersede([(results, SHARDS)], locks, "20260102", [])


def numbers(results: Path) -> dict[str, object]:
    held: dict[str, object] = json.loads((results.parent / "metrics.json").read_text())
    return held


@pytest.fixture
def numbered(results: Path) -> Path:
    """Results with their numbers, beside another benchmark's."""
    write(results, "metrics.json", text='{"hle": 8.25}')
    write(results.parent, "metrics.json", text='{"aime24": 1.0, "hle": 8.25}')
    return results


def test_numbers_go_with_the_outputs_that_they_are_of(tmp_path: Path, numbered: Path) -> None:
    set_aside(tmp_path)
    assert not (numbered / "metrics.json").exists()
    assert (numbered / f"superseded/{WHEN}/metrics.json").exists()
    assert numbers(numbered) == {"aime24": 1.0}


def test_numbers_go_with_judgements_as_well(tmp_path: Path, numbered: Path) -> None:
    with ExitStack() as stack:
        supersede([(numbered / "judgements/a", SHARDS)], Locks(stack), WHEN, [numbered])
    assert numbers(numbered) == {"aime24": 1.0}


def test_numbers_come_back_with_all_outputs(tmp_path: Path, numbered: Path) -> None:
    before = files(numbered)
    set_aside(tmp_path).put_back()
    assert files(numbered) == before
    assert numbers(numbered) == {"aime24": 1.0, "hle": 8.25}


def test_numbers_stay_away_where_one_output_was_made_anew(tmp_path: Path, numbered: Path) -> None:
    aside = set_aside(tmp_path)
    write(numbered, "output-rs0.jsonl", text="new")
    aside.put_back()
    assert numbers(numbered) == {"aime24": 1.0}


def test_numbers_stay_where_nothing_is_set_aside(tmp_path: Path, numbered: Path) -> None:
    with ExitStack() as stack:
        supersede_outputs(tmp_path, {"hle": [Shard("hle", 7, range(2))]}, Locks(stack), WHEN)
    assert numbers(numbered) == {"aime24": 1.0, "hle": 8.25}


def test_numbers_of_one_benchmark_come_back_though_another_was_made_anew(tmp_path: Path, numbered: Path) -> None:
    write(numbered.with_name("aime24"), "output-rs0.jsonl")
    write(numbered.with_name("aime24"), "metrics.json", text='{"aime24": 1.0}')
    with ExitStack() as stack:
        both = {"hle": SHARDS, "aime24": [Shard("aime24", 0, range(2))]}
        aside = supersede_outputs(tmp_path, both, Locks(stack), WHEN)
    assert numbers(numbered) == {}
    write(numbered.with_name("aime24"), "output-rs0.jsonl", text="new")
    aside.put_back()
    assert numbers(numbered) == {"hle": 8.25}


def test_numbers_that_could_not_be_put_back_are_once_they_can(tmp_path: Path, numbered: Path) -> None:
    before, aside = files(numbered), set_aside(tmp_path)
    (numbered.parent / "metrics.json").write_text("no")
    with pytest.raises(NorthstarError, match="cannot be read"):
        aside.put_back()
    assert aside.folders == [numbered / "superseded" / WHEN]
    (numbered.parent / "metrics.json").unlink()
    aside.put_back()
    assert files(numbered) == before
    assert numbers(numbered) == {"hle": 8.25}
