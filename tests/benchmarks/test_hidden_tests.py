"""LiveCodeBench's tests are read and never run."""

from __future__ import annotations

import base64
import json
import pickle
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from northstar.benchmarks.livecodebench import hidden_tests
from northstar.benchmarks.livecodebench.hidden_tests import only_text, read_tests

TESTS = [{"input": "1\n", "output": "2é", "testtype": "stdin"}]


def packed(content: bytes) -> str:
    return base64.b64encode(zlib.compress(content)).decode()


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_tests_come_as_json_or_packed(protocol: int) -> None:
    text = json.dumps(TESTS, ensure_ascii=False)
    assert read_tests(text) == TESTS
    assert read_tests(packed(pickle.dumps(text, protocol))) == TESTS
    assert read_tests("") == read_tests("[]") == []


@given(st.text(max_size=500))
def test_a_pickled_text_comes_out(text: str) -> None:
    assert only_text(pickle.dumps(text)) == text


class Call:
    def __reduce__(self) -> tuple[Any, ...]:
        return (print, ("called",))


@pytest.mark.parametrize("value", [Call(), ["text"], {"a": "b"}, 5, b"text", ("a", "b"), print, None])
def test_a_pickle_of_anything_else_is_refused(value: object, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="pickle"):
        read_tests(packed(pickle.dumps(value)))
    assert capsys.readouterr().out == ""


@given(st.binary(max_size=200))
def test_any_bytes_are_a_text_or_an_error(content: bytes) -> None:
    try:
        assert isinstance(only_text(content), str)
    except ValueError:
        pass


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("no tests", "neither JSON nor base64"),
        (base64.b64encode(b"abc").decode(), "can't be decompressed"),
        (base64.b64encode(zlib.compress(pickle.dumps("[]" * 999))[:20]).decode(), "cut short"),
        ('{"input": "1"}', "no list of inputs and outputs"),
        ('[{"input": 1, "output": "2"}]', "no list of inputs and outputs"),
    ],
)
def test_what_is_no_tests_is_said_in_a_few_words(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_tests(text)


def test_what_would_not_fit_is_not_decompressed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hidden_tests, "LARGEST", 1000)
    with pytest.raises(ValueError, match="more than 1,000 bytes"):
        read_tests(packed(bytes(10_000_000)))
