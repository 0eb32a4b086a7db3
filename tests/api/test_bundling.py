"""A bundle has what a table needs; whoever gets it can grade and derive it again, and sees what differs."""

from __future__ import annotations

import dataclasses
import json
import shutil
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import northstar
from northstar.api.bundling import archive
from northstar.api.bundling.weights import other_weights
from northstar.core.errors import NorthstarError, UsageError
from tests.api.finished import TEXTS, write

Rewrite = Callable[[str, bytes], bytes | None]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    write(tmp_path / "out")
    return tmp_path / "out"


def bundled(out: Path, tmp_path: Path, name: str = "table.nsb") -> Path:
    return northstar.bundle(out, tmp_path / name).file


def verified(file: Path, tmp_path: Path) -> Any:
    return northstar.verify(file, data_dir=tmp_path / "data", progress=False)


def rebuilt(file: Path, change: Rewrite) -> Path:
    """The bundle as a liar makes it, with checksums that hold; None leaves a file out."""
    with zipfile.ZipFile(file) as there:
        changed = {name: change(name, there.read(name)) for name in there.namelist() if name != archive.CONTENTS}
    made = file.with_name("lie.nsb")
    kept = [(name, (lambda text=text: [text])) for name, text in changed.items() if text is not None]
    archive.write_archive(made, kept, "0.0")
    return made


def in_records(old: str, new: str) -> Rewrite:
    return lambda name, text: text.replace(old.encode(), new.encode()) if "output-rs0" in name else text


def test_what_was_bundled_is_verified_without_its_folder(out: Path, tmp_path: Path) -> None:
    file = bundled(out, tmp_path)
    shutil.rmtree(out)
    found = verified(file, tmp_path)
    assert found.agrees
    assert "math-500: 6 of 6 generations graded anew" in found.lines
    assert "33.33%" in found.summary.text()


def test_the_same_results_give_the_same_bytes_wherever_they_lie(out: Path, tmp_path: Path) -> None:
    shutil.copytree(out, tmp_path / "elsewhere")
    assert bundled(out, tmp_path).read_bytes() == bundled(tmp_path / "elsewhere", tmp_path, "other").read_bytes()


def test_a_bundle_says_nothing_of_hosts_commands_and_folders(out: Path, tmp_path: Path) -> None:
    run = json.loads((out / "run.json").read_text())
    run["runs"] = [{"host": "secret-host", "command": ["ns", "secret-path"]}]
    (out / "run.json").write_text(json.dumps(run))
    with zipfile.ZipFile(bundled(out, tmp_path)) as there:
        text = b"".join(there.read(name) for name in there.namelist())
    assert b"secret" not in text
    assert str(tmp_path).encode() not in text


def test_another_verdict_is_found(out: Path, tmp_path: Path) -> None:
    file = rebuilt(bundled(out, tmp_path), in_records('"symbolic_correct": false', '"symbolic_correct": true'))
    found = verified(file, tmp_path)
    assert "math-500: 2 grades of 6 came out otherwise" in found.differences
    assert [change.id for change in found.changes["math-500"].first] == ["b", "c"]
    assert any("pass@1[avg-of-2] symbolic_correct" in each for each in found.differences)


def test_another_number_is_found(out: Path, tmp_path: Path) -> None:
    def flattered(name: str, text: bytes) -> bytes:
        claimed = json.loads(text) if name == archive.CLAIMED else {}
        if claimed:
            claimed["math-500"]["pass@2"]["symbolic_correct"] = 99.0
        return json.dumps(claimed).encode() if claimed else text

    found = verified(rebuilt(bundled(out, tmp_path), flattered), tmp_path)
    assert len(found.differences) == 1
    assert found.differences[0].startswith("math-500 pass@2 symbolic_correct: 99.0 in the bundle's table, 33.33")


def test_a_number_that_no_float_holds_is_found(out: Path, tmp_path: Path) -> None:
    def flattered(name: str, text: bytes) -> bytes:
        claimed = json.loads(text)
        claimed["math-500"]["pass@2"]["symbolic_correct"] = 10**400
        return json.dumps(claimed).encode()

    file = rebuilt(bundled(out, tmp_path), lambda name, text: flattered(name, text) if name == "claimed.json" else text)
    assert verified(file, tmp_path).differences[0].startswith("math-500 pass@2 symbolic_correct: 1000")


def test_records_with_another_number_of_parts_than_their_grades_are_counted(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    line = '{"id": "a", "generation_start_time": 1.0, "generation_end_time": 2.0, "parts": %d}\n'
    (tmp_path / "output-rs0.jsonl").write_text(line % 9 + (line % 2).replace('"a"', '"b"'))
    (tmp_path / "new/output-rs0.jsonl").write_text(line % 3 + (line % 2).replace('"a"', '"b"'))
    assert other_weights(tmp_path, tmp_path / "new", "parts") == 1


def test_a_row_that_was_left_out_is_found(out: Path, tmp_path: Path) -> None:
    def shorter(name: str, text: bytes) -> bytes:
        return b"\n".join(text.splitlines()[:-1]) + b"\n" if "output-rs" in name else text

    with pytest.raises(NorthstarError, match=r"lie.nsb: eval-results/.* has 2 rows, but 3 were asked"):
        verified(rebuilt(bundled(out, tmp_path), shorter), tmp_path)


def test_another_reference_answer_than_the_prepared_one_is_found(out: Path, tmp_path: Path) -> None:
    rows = [{"id": row, "problem": "?", "expected_answer": "3" if row == "a" else "9"} for row in TEXTS]
    data = tmp_path / "data/math-500"
    data.mkdir(parents=True)
    (data / "test.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    described = {"data_sha256": sha256_of(data / "test.jsonl"), "split": "test"}
    write(out, identity=described)
    found = verified(bundled(out, tmp_path), tmp_path)
    assert found.differences[0] == "math-500: row 'b' has another expected_answer than the one prepared here"


def test_fewer_rows_than_are_prepared_are_said(out: Path, tmp_path: Path) -> None:
    rows = [{"id": row, "problem": "?", "expected_answer": "3"} for row in (*TEXTS, "d", "e")]
    (tmp_path / "data/math-500").mkdir(parents=True)
    (tmp_path / "data/math-500/test.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert "math-500: 3 of 5 rows of split test" in verified(bundled(out, tmp_path), tmp_path).lines


def test_settings_that_decide_are_said_unless_they_are_the_benchmarks_own(tmp_path: Path) -> None:
    chosen = {"grader.extract_regex": "hint ([0-9])", "grader.timeout_seconds": 10.0, "imported": "NeMo-Skills"}
    write(tmp_path / "out", identity=chosen)
    lines = verified(bundled(tmp_path / "out", tmp_path), tmp_path).lines
    assert [line for line in lines if "graded with" in line or "imported" in line] == [
        'math-500: generated by "NeMo-Skills" and imported',
        'math-500: graded with extract_regex="hint ([0-9])", which is not the benchmark\'s own',
    ]


def sha256_of(file: Path) -> str:
    import hashlib

    return hashlib.sha256(file.read_bytes()).hexdigest()


def hidden_rows(name: str, text: bytes) -> bytes:
    """All records right, with a hash in place of their rows."""
    if "output-rs" not in name:
        return text
    lines = [json.loads(line) | {"symbolic_correct": True} for line in text.splitlines()]
    shown = [{key: each[key] for key in each if key not in ("problem", "expected_answer")} for each in lines]
    return b"".join(json.dumps(each | {"row_sha256": "0", "row_fields": []}).encode() + b"\n" for each in shown)


def test_rows_that_are_hidden_although_they_may_be_published_are_a_difference(out: Path, tmp_path: Path) -> None:
    found = verified(rebuilt(bundled(out, tmp_path), hidden_rows), tmp_path)
    assert found.differences[0] == "math-500: its records hide their rows, and those of math-500 are in every bundle"


def test_records_that_lack_what_is_graded_by_are_a_difference(out: Path, tmp_path: Path) -> None:
    file = rebuilt(bundled(out, tmp_path), in_records('"expected_answer"', '"answer"'))
    assert "math-500: a record has no expected_answer" in verified(file, tmp_path).differences


def test_a_benchmark_of_which_nothing_could_be_graded_does_not_agree(out: Path, tmp_path: Path) -> None:
    found = verified(rebuilt(bundled(out, tmp_path), hidden_rows), tmp_path)
    assert found.unchecked == ("math-500",)
    assert not dataclasses.replace(found, differences=()).agrees


class TestRowsThatMustNotBePublished:
    @pytest.fixture
    def file(self, tmp_path: Path) -> Path:
        out = tmp_path / "out"
        folder = write(out, benchmark="hle", identity={"grader.name": "short_answer", "split": "text"})
        for output in folder.glob("output-rs*.jsonl"):
            lines = [json.loads(line) for line in output.read_text().splitlines()]
            hidden = {"problem": "the hidden problem", "category": "Math", "answer_type": "exactMatch"}
            graded = {"generation": "no answer", "predicted_answer": None, "symbolic_correct": False}
            texts = [json.dumps({**line, **hidden, **graded}) for line in lines]
            output.write_text("\n".join(texts) + "\n")
            judged = folder / "judgements/j" / output.name
            judged.parent.mkdir(parents=True, exist_ok=True)
            verdict = {
                "judge": "j",
                "judge_correct": True,
                "expected_answer": "x",
                "judgement": "It is the hidden problem. Judgement: Yes",
            }
            judged.write_text("".join(json.dumps({"id": line["id"], **verdict}) + "\n" for line in lines))
        return bundled(out, tmp_path)

    def test_are_in_it_by_id_and_hash_alone(self, file: Path) -> None:
        with zipfile.ZipFile(file) as there:
            text = b"".join(there.read(name) for name in there.namelist())
            first = json.loads(there.read("eval-results/hle/output-rs0.jsonl").splitlines()[0])
        assert b"the hidden problem" not in text
        assert b"expected_answer" not in json.dumps({**first, "row_fields": []}).encode()
        assert (first["id"], first["category"], len(first["row_sha256"])) == ("a", "Math", 64)
        assert b'"judgement":"Judgement: Yes"' in text

    def test_are_counted_as_not_checkable_where_they_are_not_prepared(self, file: Path, tmp_path: Path) -> None:
        found = verified(file, tmp_path)
        assert found.differences == ()
        assert "hle: 0 of 6 generations graded anew" in found.lines
        assert (
            "hle: 6 not checkable: its rows aren't in the bundle, nor prepared here: ns prepare_data hle"
        ) in found.lines

    def test_are_found_by_their_hash_where_they_are_prepared(self, file: Path, tmp_path: Path) -> None:
        hidden = {"problem": "the hidden problem", "category": "Math", "answer_type": "exactMatch"}
        expected = {"a": "3", "b": "5", "c": "changed"}
        rows = [{"id": row, "expected_answer": expected[row], **hidden} for row in TEXTS]
        (tmp_path / "data/hle").mkdir(parents=True)
        (tmp_path / "data/hle/text.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        found = verified(file, tmp_path)
        assert "hle: 4 of 6 generations graded anew" in found.lines
        assert (
            "hle: 2 not checkable: its rows aren't in the bundle, and those prepared here are others"
        ) in found.lines
        assert found.agrees

    def test_are_found_by_their_hash_for_imported_generations_too(self, tmp_path: Path) -> None:
        folder = write(tmp_path / "out", (0,), benchmark="hle", identity={"grader.name": "short_answer"})
        output = folder / "output-rs0.jsonl"
        lines = [json.loads(line) | {"imported": "NeMo-Skills"} for line in output.read_text().splitlines()]
        hidden = {"category": "Math", "answer_type": "exactMatch"}
        output.write_text("".join(json.dumps(line | hidden) + "\n" for line in lines))
        rows = [{name: line[name] for name in ("id", "problem", "expected_answer")} | hidden for line in lines]
        (tmp_path / "data/hle").mkdir(parents=True)
        (tmp_path / "data/hle/text.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        assert "hle: 3 of 3 generations graded anew" in verified(bundled(tmp_path / "out", tmp_path), tmp_path).lines

    def test_do_not_stand_in_for_the_generation(self, file: Path, tmp_path: Path) -> None:
        hidden = {"problem": "the hidden problem", "category": "Math", "answer_type": "exactMatch"}
        own = {"reasoning_unfinished": True, "generation": "a column of the data set"}
        rows = [{"id": row, "expected_answer": {"a": "3", "b": "5", "c": "7"}[row], **hidden, **own} for row in TEXTS]
        (tmp_path / "data/hle").mkdir(parents=True)
        (tmp_path / "data/hle/text.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        found = verified(file, tmp_path)
        assert (found.differences, found.lines[1]) == ((), "hle: 6 of 6 generations graded anew")

    def test_of_another_hash_than_those_of_the_same_revision_are_a_difference(self, file: Path, tmp_path: Path) -> None:
        rows = [{"id": row, "problem": "p", "expected_answer": "x", "answer_type": "exactMatch"} for row in TEXTS]
        prepared = tmp_path / "data/hle/text.jsonl"
        prepared.parent.mkdir(parents=True)
        prepared.write_text("".join(json.dumps(row) + "\n" for row in rows))

        def of_this_revision(name: str, text: bytes) -> bytes:
            if name != archive.RUN:
                return text
            run = json.loads(text)
            run["results"]["hle.seeds"]["data_sha256"] = sha256_of(prepared)
            return json.dumps(run).encode()

        found = verified(rebuilt(file, of_this_revision), tmp_path)
        assert found.differences[0] == "hle: row 'a' has another hash than the one prepared here"

    def test_are_graded_by_the_prepared_answer_whatever_the_record_says(self, file: Path, tmp_path: Path) -> None:
        hidden = {"problem": "the hidden problem", "category": "Math", "answer_type": "exactMatch"}
        expected = {"a": "3", "b": "5", "c": "7"}
        rows = [{"id": row, "expected_answer": expected[row], **hidden} for row in TEXTS]
        (tmp_path / "data/hle").mkdir(parents=True)
        (tmp_path / "data/hle/text.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))

        def lie(name: str, text: bytes) -> bytes:
            if "hle/output-rs" not in name:
                return text
            own = {"expected_answer": "9", "generation": "Answer: 9", "predicted_answer": "9", "symbolic_correct": True}
            return b"".join(json.dumps(json.loads(line) | own).encode() + b"\n" for line in text.splitlines())

        assert "hle: 6 grades of 6 came out otherwise" in verified(rebuilt(file, lie), tmp_path).differences

    def test_have_verdicts_of_a_judge_that_are_said_not_to_be_checkable(self, file: Path, tmp_path: Path) -> None:
        assert (
            "hle: 6 verdicts of the judge j not checkable: its texts may quote rows, and aren't in the bundle"
        ) in verified(file, tmp_path).lines


@pytest.mark.parametrize(
    "said",
    [{"judgement": "Judgement: No"}, {}, {"judgement": "", "finish_reason": "nothing to judge"}],
    ids=["another", "no text", "nothing to judge"],
)
def test_a_judges_verdict_has_to_be_what_its_text_says(tmp_path: Path, said: dict[str, str]) -> None:
    folder = write(tmp_path / "out")
    for seed in (0, 1):
        lines = [{"id": row, "judge": "j", "judge_correct": True, **said} for row in TEXTS]
        judged = folder / f"judgements/j/output-rs{seed}.jsonl"
        judged.parent.mkdir(parents=True, exist_ok=True)
        judged.write_text("".join(json.dumps(line) + "\n" for line in lines))
    found = verified(bundled(tmp_path / "out", tmp_path), tmp_path)
    assert found.differences == ("math-500: 6 verdicts of the judge j are not what its judgements say",)


class TestAStrangersFile:
    @pytest.mark.parametrize(
        "name",
        [
            "../evil",
            "/etc/evil",
            "eval-results/../../evil/output-rs0.jsonl",
            "eval-results/math-500/../output-rs0.jsonl",
            "eval-results//output-rs0.jsonl",
            "eval-results/math-500/evil.py",
            "eval-results/math-500/output-rs0.jsonl.journal",
            "eval-results/math-500/judgements/../output-rs0.jsonl",
            "eval-results/math-500/judgements/.j/output-rs0.jsonl",
            "eval-results\\math-500\\output-rs7.jsonl",
            "eval-results/a\nb/output-rs0.jsonl",
            f"eval-results/{'a' * 300}/output-rs0.jsonl",
            f"eval-results/{'ä' * 100}/output-rs0.jsonl",
            f"eval-results/math-500/output-rs{'1' * 300}.jsonl",
            "other.json",
        ],
    )
    def test_with_a_name_of_its_own_is_refused_before_anything_is_written(
        self, out: Path, tmp_path: Path, name: str
    ) -> None:
        file = bundled(out, tmp_path)
        with zipfile.ZipFile(file, "a") as there:
            there.writestr(name, "x")
        into = tmp_path / "into"
        into.mkdir()
        with pytest.raises(NorthstarError, match="which no bundle does"):
            archive.unpack(file, into)
        assert list(into.iterdir()) == []

    def test_with_a_file_twice_is_refused(self, out: Path, tmp_path: Path) -> None:
        file = bundled(out, tmp_path)
        with zipfile.ZipFile(file, "a") as there, pytest.warns(UserWarning, match="Duplicate"):
            there.writestr("run.json", "{}")
        with pytest.raises(NorthstarError, match="or twice"):
            verified(file, tmp_path)

    def test_that_is_a_bomb_is_refused_before_it_is_unpacked(
        self, out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(archive, "ALWAYS_ALLOWED", 1 << 20)
        file = rebuilt(bundled(out, tmp_path), lambda name, text: text + b" " * (8 << 20) if "rs0" in name else text)
        with pytest.raises(NorthstarError, match=r"it would unpack to 8 MiB, more than 100 times its size"):
            verified(file, tmp_path)

    def test_with_an_endless_list_of_entries_is_refused_before_it_is_read(self, tmp_path: Path) -> None:
        size = archive.LARGEST_DIRECTORY + 1
        end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, size, 0, 0)
        (tmp_path / "x.nsb").write_bytes(bytes(size) + end)
        with pytest.raises(NorthstarError, match="its list of entries has more than 16 MiB"):
            verified(tmp_path / "x.nsb", tmp_path)

    def test_that_the_disk_does_not_take_is_a_sentence(
        self, out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(archive, "LONGEST_NAME", 1000)
        file = bundled(out, tmp_path)
        with zipfile.ZipFile(file) as there:
            texts = {name: there.read(name) for name in there.namelist() if name != archive.CONTENTS}
        long = {f"eval-results/{'a' * 300}/output-rs0.jsonl": b"{}\n"}
        made = [(name, (lambda text=text: [text])) for name, text in {**texts, **long}.items()]
        archive.write_archive(file, made, "0.0")
        with pytest.raises(NorthstarError, match=r"cannot be unpacked into .*: File name too long"):
            verified(file, tmp_path)

    def test_that_lies_about_its_sizes_is_refused(self, out: Path, tmp_path: Path) -> None:
        file = bundled(out, tmp_path)
        with zipfile.ZipFile(file) as there:
            size = there.getinfo("claimed.json").file_size
        damaged = file.read_bytes().replace(struct.pack("<L", size), struct.pack("<L", size - 1))
        file.write_bytes(damaged)
        with pytest.raises(NorthstarError, match="is no bundle of ns bundle, or was damaged"):
            verified(file, tmp_path)

    def test_with_an_endless_line_is_refused(self, out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(archive, "LONGEST_LINE", 1 << 20)
        file = rebuilt(bundled(out, tmp_path), lambda name, text: text + b"x" * (3 << 20) if "rs0" in name else text)
        with pytest.raises(NorthstarError, match="has a line of more than 1 MiB"):
            verified(file, tmp_path)

    def test_with_other_content_than_it_lists_is_refused(self, out: Path, tmp_path: Path) -> None:
        file = bundled(out, tmp_path)
        with zipfile.ZipFile(file) as there:
            texts = {name: there.read(name) for name in there.namelist()}
        with zipfile.ZipFile(file, "w") as other:
            for name, text in texts.items():
                other.writestr(name, text.replace(b"true", b"null"))
        with pytest.raises(NorthstarError, match=r"is not what bundle.json says"):
            verified(file, tmp_path)

    @pytest.mark.parametrize("text", [b"", b"PK", b"x" * 1000, b"{}"])
    def test_that_is_no_archive_is_refused(self, tmp_path: Path, text: bytes) -> None:
        (tmp_path / "x.nsb").write_bytes(text)
        with pytest.raises(NorthstarError, match="is no bundle of ns bundle, or was damaged"):
            verified(tmp_path / "x.nsb", tmp_path)

    @pytest.mark.parametrize("place", range(0, 1000, 37))
    def test_with_a_flipped_bit_is_an_error_or_the_same(self, out: Path, tmp_path: Path, place: int) -> None:
        file = bundled(out, tmp_path)
        content = bytearray(file.read_bytes())
        content[place * len(content) // 1000] ^= 0x10
        file.write_bytes(bytes(content))
        into = tmp_path / "into"
        into.mkdir()
        try:
            contents = archive.unpack(file, into)
        except NorthstarError:
            return
        assert all(sha256_of(into / name) == sha256 for name, sha256 in contents.files.items())

    @pytest.mark.parametrize(
        ("old", "new", "said"),
        [
            ('"id": "a"', '"id": ["a"]', "not a valid row"),
            ('"generation": "It', '"generation": 7, "x": "It', "Expected `str`, got `int`"),
            ('"problem": "?"', '"problem": ' + "[" * 5000 + "]" * 5000, "lists and objects inside each other"),
        ],
    )
    def test_with_records_of_another_form_is_refused(
        self, out: Path, tmp_path: Path, old: str, new: str, said: str
    ) -> None:
        file = rebuilt(bundled(out, tmp_path), in_records(old, new))
        with pytest.raises(NorthstarError) as refusal:
            verified(file, tmp_path)
        assert said in str(refusal.value)

    def test_is_graded_no_longer_than_the_benchmark_itself_allows(self, tmp_path: Path) -> None:
        write(tmp_path / "out", identity={"grader.timeout_seconds": 1e9})
        found = verified(bundled(tmp_path / "out", tmp_path), tmp_path)
        assert (
            "math-500: graded with timeout_seconds=10.0 in place of 1000000000.0: a difference may be the limit's"
        ) in found.lines

    @pytest.mark.parametrize("limit", ["9", -1])
    def test_with_a_limit_that_is_none_is_refused(self, tmp_path: Path, limit: Any) -> None:
        write(tmp_path / "out", identity={"grader.timeout_seconds": limit})
        with pytest.raises(NorthstarError, match="which is no limit to grade by"):
            verified(bundled(tmp_path / "out", tmp_path), tmp_path)

    def test_of_a_benchmark_that_is_not_known_here_is_told_so(self, tmp_path: Path) -> None:
        write(tmp_path / "out", benchmark="nobodys")
        with pytest.raises(UsageError, match="has results of 'nobodys', which is no benchmark here"):
            verified(bundled(tmp_path / "out", tmp_path), tmp_path)


def test_a_folder_without_a_finished_seed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NorthstarError, match="no results in"):
        northstar.bundle(tmp_path, tmp_path / "x.nsb")
