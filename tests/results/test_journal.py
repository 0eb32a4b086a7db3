"""The journal keeps what was written, replays it after a crash, and tells torn lines from damage."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path

import pytest

from northstar.core.errors import NorthstarError
from northstar.core.records import Generation, Turn
from northstar.engine.benchmark_counters import BenchmarkCounters
from northstar.results.journal import Journal
from northstar.results.journal_line import sealed


def opened(path: Path, rows: int = 3, seed: int | None = 0, counts: BenchmarkCounters | None = None) -> Journal:
    return Journal(path, benchmark="aime24", seed=seed, rows=range(rows), counts=counts)


def answer(text: str = "4", seconds: float = 2.0) -> Generation:
    return Generation(
        generation=text, num_generated_tokens=7, generation_start_time=10, generation_end_time=10 + seconds
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "output-rs0.jsonl.journal"


def test_what_was_added_is_there_after_reopening(path: Path) -> None:
    journal = opened(path)
    journal.add_generation(1, answer("\\boxed{4}\nαβγ"))
    journal.add_grade(1, {"predicted_answer": "4", "symbolic_correct": True})
    journal.close()

    again = opened(path)
    assert again.generation(1) == answer("\\boxed{4}\nαβγ")
    assert again.grade(1) == {"predicted_answer": "4", "symbolic_correct": True}
    assert [again.has_generation(row) for row in range(3)] == [False, True, False]
    again.close()


def test_a_line_is_on_file_before_the_next_call(path: Path) -> None:
    journal = opened(path)
    journal.add_generation(0, answer())
    assert json.loads(path.read_text().splitlines()[1])["generation"]["generation"] == "4"
    journal.close()


def test_is_complete_when_every_row_is_graded(path: Path) -> None:
    journal = opened(path, rows=1)
    journal.add_generation(0, answer())
    assert not journal.complete
    journal.add_grade(0, {"symbolic_correct": False})
    assert journal.complete
    journal.close()


@pytest.mark.parametrize("kept", range(1, 60, 7))
def test_a_torn_last_line_is_dropped_wherever_it_was_cut(path: Path, kept: int) -> None:
    journal = opened(path)
    journal.add_generation(0, answer())
    whole = path.read_bytes()
    journal.add_generation(1, answer("x" * 100))
    journal.close()
    path.write_bytes(path.read_bytes()[: len(whole) + kept])

    again = opened(path)
    assert again.generations == 1
    assert path.read_bytes() == whole
    again.add_generation(1, answer("asked again"))
    assert again.generation(1).generation == "asked again"
    again.close()


def test_a_torn_header_begins_the_file_anew(path: Path) -> None:
    path.write_bytes(b'{"journal":1,"ben')
    journal = opened(path)
    assert journal.generations == 0
    journal.close()
    assert path.read_bytes().count(b"\n") == 1


@pytest.mark.parametrize(
    "line",
    [
        b'{"row":0,"generation":{"generation":"4"',
        b"\x00\x00\x00",
        b"[]",
        b'{"row":1,"generation":{"generation":"no checksum"}}',
        b'{"crc":"00000000","row":1,"generation":{"generation":"another checksum"}}',
        sealed({"row": "0"}),
        sealed({"row": 1}),
        sealed({"row": 7, "generation": {"generation": "4"}}),
        sealed({"row": 2, "grade": {"symbolic_correct": True}}),
        sealed({"row": 1, "generation": {"generation": 4}}),
        sealed({"row": 1, "generation": {"generation": "4"}, "unknown": 1}),
        sealed({"row": 1, "generation": {"generation": "4", "unknown": 1}}),
        sealed({"row": 1, "turn": {"name": "1.1", "generation": "4", "unknown": 1}}),
    ],
)
def test_any_other_damage_names_file_and_line(path: Path, line: bytes) -> None:
    journal = opened(path)
    journal.add_generation(0, answer())
    journal.close()
    with path.open("ab") as file:
        file.write(line + b"\n" + sealed({"row": 1, "generation": {"generation": "5"}}) + b"\n")
    with pytest.raises(NorthstarError, match=r"output-rs0.jsonl.journal, line 3: damaged"):
        opened(path)


def test_a_row_that_comes_twice_is_damage(path: Path) -> None:
    journal = opened(path)
    journal.add_generation(0, answer())
    journal.close()
    line = path.read_bytes().splitlines(keepends=True)[1]
    path.write_bytes(path.read_bytes() + line)
    with pytest.raises(NorthstarError, match=r"line 3.*appears twice"):
        opened(path)


def test_answers_for_other_rows_are_refused_and_kept(path: Path) -> None:
    journal = opened(path, rows=3)
    journal.add_generation(0, answer())
    journal.close()
    with pytest.raises(NorthstarError) as error:
        opened(path, rows=4)
    assert str(error.value) == (
        f"{path} has the answers of output-rs0 of aime24, rows 0 to 2, not of output-rs0 of aime24, rows 0 to 3. "
        "Choose another --output_dir, or use --rerun_done to set them aside and ask again."
    )
    assert opened(path, rows=3).has_generation(0)


def test_a_file_without_an_answer_ties_nobody_to_its_rows(path: Path) -> None:
    opened(path, rows=3).close()
    journal = opened(path, rows=5)
    journal.add_generation(4, answer())
    journal.close()
    assert opened(path, rows=5).has_generation(4)


def test_a_replay_counts_as_new_work_does(path: Path) -> None:
    live = BenchmarkCounters(score_name="symbolic_correct")
    journal = opened(path)
    for row, right in enumerate([True, False, True]):
        journal.add_generation(row, answer())
        live.count_generation(Generation(generation="", num_generated_tokens=7))
        journal.add_grade(row, {"symbolic_correct": right})
        live.count_grade(row, {"symbolic_correct": right})
    journal.close()

    replayed = BenchmarkCounters(score_name="symbolic_correct")
    opened(path, counts=replayed).close()
    assert replayed == live
    assert replayed.accuracy == pytest.approx(2 / 3)


def test_a_replay_knows_how_long_each_row_took(path: Path) -> None:
    journal = opened(path)
    journal.add_generation(2, answer(seconds=5))
    journal.close()
    again = opened(path)
    assert again.seconds[2] == 5
    assert again.seconds[0] != again.seconds[0]  # NaN: nothing known
    again.close()


def test_lines_of_a_megabyte_are_read_back(path: Path) -> None:
    journal = opened(path)
    journal.add_generation(0, answer("é" * 1_000_000))
    assert journal.generation(0).generation == "é" * 1_000_000
    journal.close()


def turn(name: str) -> Turn:
    return Turn(name=name, generation=f"code of {name}", num_generated_tokens=3)


def test_turns_of_a_generation_that_is_still_to_come_are_there_after_reopening(path: Path) -> None:
    journal = opened(path)
    journal.add_turn(1, turn("1.1"))
    journal.add_turn(2, turn("2.1"))
    journal.add_turn(1, turn("1.2"))
    journal.close()

    again = opened(path)
    assert again.turns(1) == [turn("1.1"), turn("1.2")]
    assert (again.turns(0), again.has_generation(1)) == ([], False)
    again.close()


def test_turns_are_part_of_the_generation_once_it_is_there(path: Path) -> None:
    journal = opened(path)
    journal.add_turn(1, turn("1.1"))
    whole = Generation(generation="all", num_generated_tokens=3, turns=[turn("1.1")])
    journal.add_generation(1, whole)
    assert journal.turns(1) == []
    journal.close()

    counts = BenchmarkCounters()
    again = opened(path, counts=counts)
    assert (again.turns(1), again.generation(1), counts.tokens) == ([], whole, 3)
    again.close()


def test_a_turn_after_its_generation_is_damage(path: Path) -> None:
    journal = opened(path)
    journal.add_generation(1, answer())
    journal.close()
    with path.open("a") as file:
        file.write(sealed({"row": 1, "turn": {"name": "1.1", "generation": "x"}}).decode() + "\n")
    with pytest.raises(NorthstarError, match=r"line 3: damaged.*appears twice"):
        opened(path)


def whole_journal(path: Path) -> bytes:
    """Each kind of line, with text beyond ASCII, numbers, and a nested object."""
    journal = opened(path)
    journal.add_turn(2, turn("2.1"))
    journal.add_generation(0, answer("\\boxed{4}\nαβγ"))
    journal.add_grade(0, {"predicted_answer": "4", "symbolic_correct": True, "eval_status": [{"step": "1.1"}]})
    journal.add_generation(2, Generation(generation="all", num_generated_tokens=3, turns=[turn("2.1")]))
    journal.close()
    return path.read_bytes()


def test_each_of_4000_flipped_bits_is_found_and_its_file_and_line_named(path: Path) -> None:
    whole = whole_journal(path)
    at_random = random.Random(14)
    every_newline = [8 * place + bit for place, byte in enumerate(whole) if byte == ord("\n") for bit in range(8)]
    for bit in [*every_newline, *(at_random.randrange(8 * len(whole)) for _ in range(4000 - len(every_newline)))]:
        flipped = bytearray(whole)
        flipped[bit // 8] ^= 1 << bit % 8
        path.write_bytes(flipped)
        with pytest.raises(NorthstarError, match=r"output-rs0\.jsonl\.journal, line [1-5]: damaged"):
            opened(path)
        assert path.read_bytes() == flipped  # for whoever mends it


@pytest.mark.parametrize("read", [Journal.generation, Journal.grade, Journal.turns])
def test_a_bit_that_flips_while_the_journal_is_open_is_found_when_its_line_is_read(path: Path, read: object) -> None:
    journal = opened(path)
    journal.add_turn(1, turn("1.1"))
    journal.add_generation(0, answer())
    journal.add_grade(0, {"symbolic_correct": True})
    path.write_bytes(path.read_bytes().replace(b"o", b"p"))  # in the texts of all three
    path.write_bytes(path.read_bytes().replace(b'"4"', b'"5"'))
    row = 1 if read is Journal.turns else 0
    with pytest.raises(NorthstarError, match=r"journal, line [2-4]: damaged"):
        read(journal, row)  # type: ignore[operator]
    journal.close()


class TestOfBeforeThereWereChecksums:
    """Such journals are read, as far as they can be: generations were paid for."""

    HEADER = b'{"journal":1,"benchmark":"aime24","seed":0,"first_row":0,"rows":3}\n'
    LINES = (
        HEADER
        + b'{"row":0,"generation":{"generation":"4","num_generated_tokens":7}}\n'
        + b'{"row":0,"grade":{"symbolic_correct":true}}\n'
    )

    def test_it_is_read_and_gone_on_with_in_lines_that_have_them(self, path: Path) -> None:
        path.write_bytes(self.LINES)
        journal = opened(path)
        assert (journal.generation(0).generation, journal.grade(0)) == ("4", {"symbolic_correct": True})
        journal.add_generation(1, answer())
        journal.close()
        assert path.read_bytes().startswith(self.LINES + b'{"crc":"')

        again = opened(path)
        assert (again.generations, again.grades, again.generation(1)) == (2, 1, answer())
        again.close()

    def test_a_flipped_bit_in_a_later_line_is_found(self, path: Path) -> None:
        path.write_bytes(self.LINES)
        journal = opened(path)
        journal.add_generation(1, answer())
        journal.close()
        whole = path.read_bytes()
        for bit in range(8 * len(self.LINES), 8 * len(whole)):
            flipped = bytearray(whole)
            flipped[bit // 8] ^= 1 << bit % 8
            path.write_bytes(flipped)
            with pytest.raises(NorthstarError, match="line 4: damaged"):
                opened(path)

    def test_no_flipped_bit_anywhere_is_an_uncaught_exception_now_or_when_it_is_read(self, path: Path) -> None:
        for bit in range(8 * len(self.LINES)):
            flipped = bytearray(self.LINES)
            flipped[bit // 8] ^= 1 << bit % 8
            path.write_bytes(flipped)
            try:
                journal = opened(path)
            except NorthstarError:
                continue
            if journal.has_generation(0):
                journal.generation(0)
            if journal.has_grade(0):
                journal.grade(0)
            journal.close()

    def test_an_unknown_key_is_damage(self, path: Path) -> None:
        path.write_bytes(self.HEADER + b'{"row":0,"generation":{"generation":"4","num_gendrated_tokens":7}}\n')
        with pytest.raises(NorthstarError, match=r"line 2: damaged.*num_gendrated_tokens"):
            opened(path)


def test_a_journal_of_a_later_format_is_refused(path: Path) -> None:
    path.write_bytes(sealed({"journal": 3, "benchmark": "aime24", "seed": 0, "first_row": 0, "rows": 3}) + b"\n")
    with pytest.raises(NorthstarError, match=r"line 1: .*another version of Northstar, as format 3"):
        opened(path)


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (os.mkfifo, "a FIFO"),
        (Path.mkdir, "a folder"),
        (lambda path: path.symlink_to("/dev/null"), "a device"),
        (lambda path: os.mknod(path, 0o140600), "a socket"),
    ],
)
def test_what_is_no_file_in_its_place_is_refused(path: Path, make: object, kind: str) -> None:
    make(path)  # type: ignore[operator]
    with pytest.raises(NorthstarError) as refusal:
        opened(path)
    assert str(refusal.value) == f"{path} is {kind} where a file should be; move it away."
