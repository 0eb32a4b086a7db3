"""The splits of LiveCodeBench: a release, and the months of the contests."""

from __future__ import annotations

import hashlib
import json
import re
from functools import partial
from io import BytesIO

from northstar.benchmarks.livecodebench.hidden_tests import Test, read_tests
from northstar.core.errors import UsageError
from northstar.core.records import Row
from northstar.data.attachments import Attachment
from northstar.data.source import HubFile, HubFiles, Line

REPOSITORY = "livecodebench/code_generation_lite"
REVISION = "0fe84c3912ea0c4d4a78037083943e8f0c4dd505"
ROWS = {"test_v5_2408_2502": 279, "test_v5_2407_2412": 315, "test_v5_2410_2502": 166, "test_v6_2408_2505": 454}
"""The splits that are prepared, with their numbers of rows."""
NAMED = tuple(ROWS)

RELEASES = (
    ("test.jsonl", "2305", "2403"),
    ("test2.jsonl", "2403", "2405"),
    ("test3.jsonl", "2406", "2408"),
    ("test4.jsonl", "2308", "2410"),
    ("test5.jsonl", "2409", "2501"),
    ("test6.jsonl", "2501", "2504"),
)
"""What each release adds to those before it, and the first and last month of its contests, as YYMM: a split is made
from those files alone that can hold some of it, since some have a gigabyte."""

_NAME = re.compile(r"test_v(\d+)_(\d{4})_(\d{4})")


def split_of(name: str) -> HubFiles:
    """Return the source of test_vN_YYMM_YYMM: release N, contests from the first month through the last.

    Raises UsageError for an invalid name.
    """
    match = _NAME.fullmatch(name)
    if match is None:
        raise UsageError(
            f"--split: livecodebench has no split '{name}'. Choose {', '.join(NAMED)}, or any test_vN_YYMM_YYMM: a "
            f"release from v1 to v{len(RELEASES)}, the first month of its contests and the last."
        )
    release, first, last = int(match[1]), match[2], match[3]
    if not 1 <= release <= len(RELEASES):
        raise UsageError(f"--split={name}: there is no release v{release}; choose v1 to v{len(RELEASES)}.")
    for month in (first, last):
        if not 1 <= int(month[2:]) <= 12:
            raise UsageError(f"--split={name}: {month} is not a month; write YYMM, like 2408 for August 2024.")
    if first > last:
        raise UsageError(f"--split={name} runs backwards: {first} is after {last}.")
    files = [part for part in RELEASES[:release] if part[1] <= last and first <= part[2]]
    if not files:
        months = f"{min(part[1] for part in RELEASES[:release])} to {max(part[2] for part in RELEASES[:release])}"
        raise UsageError(f"--split={name}: release v{release} has no contests in these months, only of {months}.")
    return HubFiles(
        tuple(
            HubFile(
                REPOSITORY,
                path,
                revision=REVISION,
                to_row=partial(to_row, months=(first, last), window=(earliest, latest)),
                facts={"first_month": first, "last_month": last},
            )
            for path, earliest, latest in files
        )
    )


def to_row(line: Line, place: int, *, months: tuple[str, str], window: tuple[str, str]) -> Row | None:
    """Convert a record of code_generation_lite if its contest was in these months, and attach its tests.

    Raises ValueError for unreadable tests, and for a contest outside the file's window.
    """
    del place
    date = str(line["contest_date"])
    month = date[2:4] + date[5:7]
    if not window[0] <= month <= window[1]:
        raise ValueError(f"the contest of {date} is outside its file's months, {window[0]} to {window[1]}")
    if not months[0] <= month <= months[1]:
        return None
    function = json.loads(line.get("metadata") or "{}").get("func_name")
    public, private = line["public_test_cases"], line.get("private_test_cases") or ""
    name = re.sub(r"[^A-Za-z0-9_.-]", "_", str(line["question_id"]))
    digest = hashlib.sha256(f"{public}\0{private}\0{function}".encode()).hexdigest()[:16]
    return {
        "id": line["question_id"],
        "problem": line["question_content"],
        "starter_code": line.get("starter_code") or "",
        "function": function,
        "title": line.get("question_title"),
        "platform": line.get("platform"),
        "difficulty": line.get("difficulty"),
        "contest_id": line.get("contest_id"),
        "contest_date": date,
        "tests": Attachment(f"tests/{name}-{digest}.jsonl", lambda: _tests(name, public, private, function)),
    }


def _tests(name: str, public: str, private: str, function: str | None) -> bytes:
    """Return all tests, public ones first, one JSON line each. Raises ValueError that names the problem."""
    lines = BytesIO()
    try:
        for part in (public, private):
            _add(lines, read_tests(part), function)
        if not lines.tell():
            raise ValueError("it has no tests")
    except ValueError as error:
        raise ValueError(f"{error}; they are of question {name}") from None
    return lines.getvalue()


def _add(lines: BytesIO, tests: list[Test], function: str | None) -> None:
    """Write the tests and empty the list as it goes, since all of them may be large."""
    tests.reverse()
    while tests:
        test = tests.pop()
        if (test.get("testtype") == "functional") != (function is not None):
            raise ValueError(f"a test is {test.get('testtype')}, but the function's name is {function}")
        line = json.dumps({"input": test["input"], "output": test["output"]}, ensure_ascii=False)
        lines.write(line.encode() + b"\n")
