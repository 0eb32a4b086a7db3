"""Rows and judges of the benchmarks that are graded by labels."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path

import pytest

from northstar.benchmarks.long_context import aalcr
from northstar.benchmarks.mathematics import imo_answerbench
from northstar.benchmarks.questions import omniscience, simpleqa_verified
from northstar.core.errors import NorthstarError
from northstar.data.hub import Fetched
from northstar.data.source import Preparation
from northstar.graders.judgement import read_label

LCR_LINE = {
    "document_category": "Legal",
    "document_set_id": "set_1",
    "question_id": "7",
    "question": "Who won?",
    "answer": "Sánchez",
    "data_source_filenames": "The court’s view.txt;Appeal – Sánchez.txt",
    "data_source_urls": "https://example.org",
    "input_tokens": "97000",
}


def archive(*names: str) -> zipfile.ZipFile:
    """A zip of texts; a name that holds '\\u0393' stands as an unmarked UTF-8 name is read."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as written:
        for name in names:
            written.writestr(name, f"text of {name[-8:-4]}")
    return zipfile.ZipFile(content)


def documents(*names: str) -> aalcr.Documents:
    opened = archive(*names)
    return aalcr.Documents(opened, {aalcr._plain(name): name for name in opened.namelist()}, {})


@pytest.mark.shared_data
def test_each_real_row_of_imo_answerbench_has_a_problem_and_an_answer(shared_data: Path) -> None:
    with (shared_data / "imo-answerbench/answerbench_v2.csv").open(newline="") as file:
        rows = [imo_answerbench.to_row(line, place) for place, line in enumerate(csv.DictReader(file))]
    assert len({row["id"] for row in rows}) == len(rows) == 400
    assert all(row["problem"] and row["expected_answer"] for row in rows)
    assert (rows[0]["id"], rows[0]["expected_answer"]) == ("imo-bench-algebra-001", "3")


def test_a_row_of_simpleqa_keeps_the_range_of_its_answer() -> None:
    answer = "120k (acceptable range: anything between 118k and 122k)"
    line = {"original_index": 5, "problem": "How many?", "answer": answer, "topic": "Art", "answer_type": "Number"}
    row = simpleqa_verified.to_row({**line, "multi_step": "FALSE", "requires_reasoning": "FALSE", "urls": ""}, 0)
    assert (row["id"], row["expected_answer"], row["topic"]) == ("5", answer, "Art")


def test_a_split_of_omniscience_is_of_one_domain() -> None:
    line = {"domain": "Law", "topic": "Tax", "question_id": "12", "question": "Which?", "answer": "None"}
    assert omniscience._of_domain("Law")(line, 0) is not None
    assert omniscience._of_domain("Finance")(line, 0) is None


def test_a_question_of_aalcr_follows_its_documents_in_order() -> None:
    first, second = "lcr/Legal/set_1/The court's view.txt", "lcr/Legal/set_1/Appeal – Sánchez.txt"
    row = documents(second, first)(aalcr.to_row(LCR_LINE, 0))
    [message] = json.loads(row["messages"].content())
    assert message["content"] == (
        "BEGIN INPUT DOCUMENTS\n\nBEGIN DOCUMENT 1:\ntext of view\nEND DOCUMENT 1\n\n"
        "BEGIN DOCUMENT 2:\ntext of chez\nEND DOCUMENT 2\n\nEND INPUT DOCUMENTS\n\n"
        "Answer the following question using the input documents provided above.\n\n"
        "START QUESTION\n\nWho won?\n\nEND QUESTION\n"
    )


def test_names_of_the_zip_that_are_not_marked_as_utf_8_are_read_as_such() -> None:
    names = (
        f"lcr/Legal/set_1/{name}".encode().decode("cp437") for name in LCR_LINE["data_source_filenames"].split(";")
    )
    row = documents(*names)(aalcr.to_row(LCR_LINE, 0))
    assert "END DOCUMENT 2" in json.loads(row["messages"].content())[0]["content"]


def test_a_missing_document_ends_the_preparation() -> None:
    with pytest.raises(NorthstarError, match=r"has no 'lcr/Legal/set_1/Appeal – Sánchez.txt', which question 7 needs"):
        documents("lcr/Legal/set_1/The court’s view.txt")(aalcr.to_row(LCR_LINE, 0))


@pytest.mark.parametrize(
    ("letter", "simpleqa", "omni"),
    [
        ("A", "correct", "correct"),
        ("B", "incorrect", "incorrect"),
        ("C", "not_attempted", "partial"),
        ("D", None, "not_attempted"),
        ("E", None, None),
    ],
)
def test_a_letter_means_what_the_benchmarks_judge_calls_it(letter: str, simpleqa: str | None, omni: str | None) -> None:
    assert read_label(letter, simpleqa_verified.GRADES) == simpleqa
    assert read_label(letter, omniscience.GRADES) == omni


def test_the_documents_are_those_of_the_zip_that_was_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "texts.zip"
    with zipfile.ZipFile(path, "w") as written:
        for name in LCR_LINE["data_source_filenames"].split(";"):
            written.writestr(f"lcr/Legal/set_1/{name}", "a text")
    monkeypatch.setattr(aalcr, "fetch", lambda source: Fetched(path, source.revision, "f00d"))
    with aalcr.documents(Preparation({}, tmp_path, lambda _: None)) as complete:
        row = complete(aalcr.to_row(LCR_LINE, 0))
    assert "END DOCUMENT 2" in json.loads(row["messages"].content())[0]["content"]
    assert complete.facts == {"documents_sha256": "f00d"}


def test_a_zip_that_is_none_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "texts.zip"
    path.write_bytes(b"no zip")
    monkeypatch.setattr(aalcr, "fetch", lambda source: Fetched(path, source.revision, "f00d"))
    preparation = Preparation({}, tmp_path, lambda _: None)
    with pytest.raises(NorthstarError, match="cannot read ArtificialAnalysis/AA-LCR/"), aalcr.documents(preparation):
        pass
