"""What the process of a ComputePool answers."""

from __future__ import annotations

import re

import pytest

from northstar.compute.worker import _answer_line, answer_to
from northstar.graders import extract

FIND = "northstar.graders.extract:extract_by_regex"


def test_a_value_or_what_went_wrong() -> None:
    assert answer_to(FIND, ["x=5", r"\d"]) == {"value": "5"}
    assert answer_to(FIND, None) == {"value": None}
    assert re.match(r"(error|PatternError): unterminated character set", answer_to(FIND, ["x", "["])["error"])


def test_a_request_that_is_nested_too_deeply_is_answered_and_no_end() -> None:
    assert b'"is nested too deeply"' in _answer_line(b'["%s", [%s]]' % (FIND.encode(), b"[" * 10**5 + b"]" * 10**5))


@pytest.mark.parametrize(
    ("problem", "answer"),
    [
        (MemoryError, {"error": "needs more than 4 GiB of memory", "again": True}),
        (RecursionError, {"error": "is nested too deeply", "fresh": True}),
    ],
)
def test_after_too_much_memory_or_depth_a_new_process_is_wanted(
    monkeypatch: pytest.MonkeyPatch, problem: type[Exception], answer: dict[str, object]
) -> None:
    def extract_by_regex(_text: str) -> None:
        raise problem

    extract_by_regex.__module__ = extract.__name__
    monkeypatch.setattr(extract, "extract_by_regex", extract_by_regex)
    assert answer_to(FIND, ["x"]) == answer
