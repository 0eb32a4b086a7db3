"""Invented problems of LiveCodeBench, as its owners publish them, for a local hub."""

from __future__ import annotations

import base64
import json
import pickle
import zlib
from pathlib import Path
from typing import Any

from northstar.benchmarks.livecodebench.splits import RELEASES, REPOSITORY

Record = dict[str, Any]


def pickled(tests: list[dict[str, str]]) -> str:
    """Private tests in the form that the hub's files have."""
    return base64.b64encode(zlib.compress(pickle.dumps(json.dumps(tests)))).decode()


def invented(number: int, **fields: Any) -> Record:
    public = [{"input": "1000", "output": f"{1000 + number}\n", "testtype": "stdin"}]
    private = [{"input": f"{n}\n", "output": f"{n + number}", "testtype": "stdin"} for n in range(30)]
    record = {
        "question_id": f"invented_{number}",
        "question_title": "Sum",
        "question_content": f"Add {number} to what is read, problem {number}.",
        "platform": "atcoder",
        "contest_id": "x",
        "contest_date": "2024-10-05T00:00:00",
        "difficulty": "easy",
        "starter_code": "",
        "public_test_cases": json.dumps(public),
        "private_test_cases": pickled(private),
        "metadata": "{}",
    }
    return record | fields


def put(hub: Path, releases: dict[str, list[Record]]) -> None:
    """All six files of the repository; those that are not named hold one record that no split here wants."""
    folder = hub / REPOSITORY
    folder.mkdir(parents=True, exist_ok=True)
    for path, earliest, _ in RELEASES:
        filler = invented(
            1000, question_id=f"filler_{path}", contest_date=f"20{earliest[:2]}-{earliest[2:]}-02T00:00:00"
        )
        records = releases.get(path) or [filler]
        (folder / path).write_text("".join(json.dumps(record) + "\n" for record in records))
