"""AA-LCR: 100 questions over sets of documents of about 100,000 tokens (Artificial Analysis 2025; v1.1)."""

from __future__ import annotations

import hashlib
import json
import unicodedata
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from northstar.core.errors import NorthstarError
from northstar.core.records import Row
from northstar.data.attachments import Attachment
from northstar.data.hub import fetch
from northstar.data.source import HubFile, HubFiles, Line, Preparation
from northstar.graders.judgement import JudgedAlone
from northstar.metrics.answers import AnswerMetrics
from northstar.solvers.row_messages import RowMessages
from northstar.task.benchmark import Benchmark, Splits
from northstar.task.judge import CORRECT_OR_NOT, Judge

REVISION = "9a77ef56b717057ade24ceab4d273712a0b4f19e"


def to_row(line: Line, place: int) -> Row:
    """Convert a record: document_category, document_set_id, question_id, question, answer, data_source_filenames, ….

    The row still lacks its messages: `Documents` adds them.
    """
    del place
    return {
        "id": str(line["question_id"]),
        "problem": line["question"],
        "expected_answer": line["answer"],
        "category": line["document_category"],
        "document_set": line["document_set_id"],
        "documents": [name.strip() for name in line["data_source_filenames"].split(";") if name.strip()],
        "input_tokens": int(line["input_tokens"]),
    }


QUESTIONS = HubFile("ArtificialAnalysis/AA-LCR", "AA-LCR_Dataset.csv", revision=REVISION, to_row=to_row)
TEXTS = HubFile(
    "ArtificialAnalysis/AA-LCR",
    "extracted_text/AA-LCR_extracted-text.zip",
    revision=REVISION,
    sha256="5e839249826f6b9bd5324f0d139089c9dc481ccb3f212a6dfad00c51045d9d8a",
    to_row=to_row,
)


def asked(documents: list[str], question: str) -> str:
    """Return the message with the documents and the question, in the form that the dataset's card gives."""
    numbered = [
        f"BEGIN DOCUMENT {number}:\n{text}\nEND DOCUMENT {number}" for number, text in enumerate(documents, start=1)
    ]
    joined = "\n\n".join(numbered)
    return (
        f"BEGIN INPUT DOCUMENTS\n\n{joined}\n\nEND INPUT DOCUMENTS\n\n"
        "Answer the following question using the input documents provided above.\n\n"
        f"START QUESTION\n\n{question}\n\nEND QUESTION\n"
    )


@dataclass(frozen=True)
class Documents:
    """Completes rows with a conversation that holds their documents.

    Attributes:
        archive: The zip of texts.
        names: The plain form of a file's path → its name in the zip.
        facts: What the manifest records.
    """

    archive: zipfile.ZipFile
    names: Mapping[str, str]
    facts: Mapping[str, Any]

    def __call__(self, row: Row) -> Row:
        texts = [self._text(row, name) for name in row["documents"]]
        content = json.dumps([{"role": "user", "content": asked(texts, row["problem"])}], ensure_ascii=False).encode()
        digest = hashlib.sha256(content).hexdigest()[:16]
        return {**row, "messages": Attachment(f"messages/{row['id']}-{digest}.json", lambda: content)}

    def _text(self, row: Row, name: str) -> str:
        path = f"lcr/{row['category']}/{row['document_set']}/{name}"
        if (stored := self.names.get(_plain(path))) is None:
            raise NorthstarError(
                f"{TEXTS.repo}/{TEXTS.path} has no '{path}', which question {row['id']} needs: the files of revision "
                f"{REVISION} don't belong together."
            )
        return self.archive.read(stored).decode("utf-8")


@contextmanager
def documents(preparation: Preparation) -> Iterator[Documents]:
    """Fetch the texts and open them. Raises NorthstarError."""
    preparation.say("fetching the documents of aalcr")
    fetched = fetch(TEXTS)
    try:
        with zipfile.ZipFile(fetched.path) as archive:
            names = {_plain(name): name for name in archive.namelist() if not name.endswith("/")}
            yield Documents(archive, names, {"documents_sha256": fetched.sha256})
    except zipfile.BadZipFile as error:
        raise NorthstarError(f"cannot read {TEXTS.repo}/{TEXTS.path}: {error}.") from None


def _plain(path: str) -> str:
    """Return a path by which question and zip agree: the zip's names are UTF-8 that is not marked as such."""
    try:
        path = path.encode("cp437").decode("utf-8")
    except UnicodeError:
        pass  # it is what it seems to be
    return unicodedata.normalize("NFC", path).translate({0x2018: "'", 0x2019: "'"})


BENCHMARK = Benchmark(
    name="aalcr",
    about="100 questions that take reasoning over several documents, about 100,000 tokens each",
    family="long context",
    licence="Apache-2.0",
    citation="Artificial Analysis 2025, AA-LCR, https://huggingface.co/datasets/ArtificialAnalysis/AA-LCR",
    splits=Splits({"test": HubFiles((QUESTIONS,), finishing=documents)}, rows={"test": 100}),
    prompt="bare",
    needs=("problem", "messages", "expected_answer"),
    solver=RowMessages(),
    grader=JudgedAlone(),
    metrics=AnswerMetrics("judge_correct", answer=None, subset="category"),
    judge=Judge(prompt="nemo-skills@0b012df8/judge/aalcr", labels=CORRECT_OR_NOT),
    long_prompts=True,
)
