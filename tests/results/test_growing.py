"""Results of fewer rows become journals of more, with every generation and grade as it was."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import msgspec
import pytest

from northstar.core.errors import NorthstarError
from northstar.core.lock import Held, Locks, locked
from northstar.core.records import Generation, Step, Turn
from northstar.data.rows import RowFile
from northstar.results import growing
from northstar.results.growing import BeforeGrowth, Growth, grow, is_unused
from northstar.results.journal import Journal
from northstar.results.layout import shard_lock
from northstar.results.outputs import record

TEXT = Generation(generation="5", finish_reason="stop", num_generated_tokens=3, generation_start_time=1.0)
FULL = Generation(
    generation="5",
    reasoning="hm",
    finish_reason="length",
    num_generated_tokens=3,
    num_prompt_tokens=2,
    generation_start_time=1.0,
    generation_end_time=2.0,
    error="cut",
    reasoning_unfinished=True,
    end_not_found=True,
    end_unopened=True,
    out_of_context=True,
    reduced_to=7,
    tool_calls=[{"id": "1", "name": "f", "arguments": "{}"}],
    steps=[Step(turn=0, generation="a", results=["b"])],
    turns=[Turn(name="1", generation="c")],
    answered_by="other",
    system_fingerprint="fp",
)
GRADE = {"predicted_answer": "5", "symbolic_correct": True}


def row(number: int, part: str = "a") -> dict[str, Any]:
    return {"id": f"r{number}", "problem": "p", "part": part, "predicted_answer": None}


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    """Six rows of two parts, one part after the other."""
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row(number, "aaabbb"[number])) + "\n" for number in range(6)))
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "out" / "eval-results" / "b"
    folder.mkdir(parents=True)
    return folder


def growth(rows: Path, before: int, after: int, *, parted: bool = False) -> Growth:
    by = "part" if parted else None
    return Growth(
        "b", False, RowFile.open(rows, parted_by=by, limit=before), RowFile.open(rows, parted_by=by, limit=after)
    )


def write(folder: Path, seed: int, numbers: list[int], generation: Generation = TEXT) -> Path:
    path = folder / f"output-rs{seed}.jsonl"
    path.write_bytes(b"".join(msgspec.json.encode(record(row(n), generation, GRADE)) + b"\n" for n in numbers))
    return path


def grown(folder: Path, change: Growth) -> None:
    grow(folder, change, BeforeGrowth("now"))


def journal(folder: Path, seed: int, count: int) -> Journal:
    return Journal(folder / f"output-rs{seed}.jsonl.journal", benchmark="b", seed=seed, rows=range(count))


@pytest.mark.parametrize("generation", [TEXT, FULL], ids=["text", "all fields"])
def test_a_generation_and_its_grade_are_what_they_were(generation: Generation, rows: Path, folder: Path) -> None:
    output = write(folder, 0, [0, 1], generation)
    grown(folder, growth(rows, 2, 4))
    kept = journal(folder, 0, 4)
    assert [kept.has_grade(number) for number in range(4)] == [True, True, False, False]
    assert (kept.generation(1), kept.grade(1)) == (generation, GRADE)
    assert not output.exists()


def test_rows_of_parts_are_found_at_their_new_place(rows: Path, folder: Path) -> None:
    write(folder, 0, [0, 3])
    grown(folder, growth(rows, 2, 4, parted=True))
    kept = journal(folder, 0, 4)
    assert [kept.has_grade(number) for number in range(4)] == [True, False, True, False]


def test_an_unfinished_journal_keeps_its_generations(rows: Path, folder: Path) -> None:
    before = journal(folder, 0, 2)
    before.add_generation(1, TEXT)
    before.add_turn(0, Turn(name="1", generation="x"))
    before.close()
    grown(folder, growth(rows, 2, 4))
    kept = journal(folder, 0, 4)
    assert (kept.generation(1), [turn.name for turn in kept.turns(0)]) == (TEXT, ["1"])


def test_a_killed_growth_goes_on_with_the_rest(rows: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in (0, 1):
        write(folder, seed, [0, 1])
    of_output = growing._of_output

    def killed(path: Path, change: Growth, *, of_judge: bool) -> Any:
        assert "rs1" not in path.name, "killed"
        return of_output(path, change, of_judge=of_judge)

    monkeypatch.setattr(growing, "_of_output", killed)
    with pytest.raises(AssertionError, match="killed"):
        grown(folder, growth(rows, 2, 4))
    monkeypatch.undo()
    grown(folder, growth(rows, 2, 4))
    assert [journal(folder, seed, 4).grades for seed in (0, 1)] == [2, 2]


def test_a_kill_before_the_output_is_removed_loses_nothing(rows: Path, folder: Path) -> None:
    content = write(folder, 0, [0, 1]).read_bytes()
    grown(folder, growth(rows, 2, 4))
    (folder / "output-rs0.jsonl").write_bytes(content)
    grown(folder, growth(rows, 2, 4))
    assert journal(folder, 0, 4).grades == 2
    assert not (folder / "output-rs0.jsonl").exists()


def test_a_journal_with_other_answers_beside_an_output_is_not_overwritten(rows: Path, folder: Path) -> None:
    write(folder, 0, [0, 1])
    beside = journal(folder, 0, 2)
    beside.add_generation(0, FULL)
    beside.close()
    with pytest.raises(NorthstarError, match="has answers that its output lacks"):
        grown(folder, growth(rows, 2, 4))


def test_a_row_that_was_not_asked_is_named(rows: Path, folder: Path) -> None:
    write(folder, 0, [0, 2])
    with pytest.raises(NorthstarError, match="line 2: the row is 'r2', not 'r1' as asked"):
        grown(folder, growth(rows, 2, 4))
    assert (folder / "output-rs0.jsonl").exists()


def test_an_output_that_was_cut_is_named(rows: Path, folder: Path) -> None:
    write(folder, 0, [0])
    with pytest.raises(NorthstarError, match="has 1 row, but 2 were asked"):
        grown(folder, growth(rows, 2, 4))


def test_a_part_of_the_rows_is_refused(rows: Path, folder: Path) -> None:
    write(folder, 0, [0, 1]).rename(folder / "output-rs0_chunk_0-of-2.jsonl")
    with pytest.raises(NorthstarError, match="has a part of the rows"):
        grown(folder, growth(rows, 4, 6))


def test_what_another_process_writes_is_left_alone(rows: Path, folder: Path) -> None:
    write(folder, 0, [0, 1])
    with locked(shard_lock(folder, "output-rs0"), "output-rs0"), pytest.raises(Held):
        grown(folder, growth(rows, 2, 4))
    assert (folder / "output-rs0.jsonl").exists()


def test_numbers_of_fewer_rows_go_those_of_regradings_too(rows: Path, folder: Path) -> None:
    write(folder, 0, [0, 1])
    for name in ("metrics.json", "metrics@regraded.json"):
        (folder / name).write_text("{}")
    grown(folder, growth(rows, 2, 4))
    assert list(folder.glob("metrics*")) == []


def test_the_rows_asked_before_are_told_how_to_go_on(rows: Path, folder: Path) -> None:
    write(folder, 0, [0, 1])
    grown(folder, growth(rows, 2, 4))  # by a run that was killed before run.json had the new number
    with pytest.raises(NorthstarError, match=r"To go on with them, ask \+\+max_samples=4, .* Or choose another"):
        journal(folder, 0, 2)


def test_judgements_are_kept(rows: Path, folder: Path) -> None:
    write(folder, 0, [0, 1])
    judge = folder / "judgements" / "j"
    judge.mkdir(parents=True)
    line: dict[str, Any] = {
        "id": "r0",
        "expected_answer": "5",
        "predicted_answer": "5",
        "judge": "j",
        "judgement": "Yes",
    }
    line |= {"judge_correct": True, "finish_reason": "stop", "num_generated_tokens": 1}
    (judge / "output-rs0.jsonl").write_text(json.dumps(line) + "\n" + json.dumps({**line, "id": "r1"}) + "\n")
    grown(folder, growth(rows, 2, 4))
    kept = journal(judge, 0, 4)
    assert (kept.generation(1).generation, kept.grade(1)) == ("Yes", {"judge_correct": True})


def test_an_output_that_another_process_grew_and_finished_is_left_as_it_is(rows: Path, folder: Path) -> None:
    content = write(folder, 0, [0, 1, 2, 3]).read_bytes()
    grown(folder, growth(rows, 2, 4))
    assert (folder / "output-rs0.jsonl").read_bytes() == content


def test_seeds_that_another_process_works_on_once_grown_are_no_obstacle(rows: Path, folder: Path) -> None:
    for seed in (0, 1):
        write(folder, seed, [0, 1])
    grown(folder, growth(rows, 2, 4))
    with locked(shard_lock(folder, "output-rs0"), "output-rs0"):
        grown(folder, growth(rows, 2, 4))
        with locked(shard_lock(folder, "output-rs1"), "output-rs1"):
            pass  # whoever asks it can have it: growing holds no lock for longer


def test_what_has_a_new_answer_is_not_put_back(rows: Path, folder: Path) -> None:
    write(folder, 0, [0, 1])
    change, before = growth(rows, 2, 4), BeforeGrowth("now")
    grow(folder, change, before)
    with ExitStack() as stack:
        assert is_unused(folder, change, before, Locks(stack))
    more = journal(folder, 0, 4)
    more.add_generation(2, TEXT)
    more.close()
    with ExitStack() as stack:
        assert not is_unused(folder, change, before, Locks(stack))


def test_an_answer_to_another_seed_keeps_all_as_it_grew(rows: Path, folder: Path) -> None:
    write(folder, 0, [0, 1])
    change, before = growth(rows, 2, 4), BeforeGrowth("now")
    grow(folder, change, before)
    other = journal(folder, 1, 4)
    other.add_generation(0, TEXT)
    other.close()
    with ExitStack() as stack:
        assert not is_unused(folder, change, before, Locks(stack))


def test_an_unfinished_journal_is_put_back_as_it_was(rows: Path, folder: Path) -> None:
    unfinished = journal(folder, 0, 2)
    unfinished.add_generation(1, TEXT)
    unfinished.close()
    content, before = unfinished.path.read_bytes(), BeforeGrowth("now")
    grow(folder, growth(rows, 2, 4), before)
    before.put_back()
    assert unfinished.path.read_bytes() == content
    assert not (folder / "superseded").exists()
