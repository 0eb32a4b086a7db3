"""LiveCodeBench's tests are read and never run."""

from __future__ import annotations

import base64
import json
import pickle
import struct
import subprocess
import sys
import time
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
    assert bytes(only_text(pickle.dumps(text))).decode() == text


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
        assert isinstance(only_text(content), memoryview)
    except ValueError:
        pass


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("no tests", "neither JSON nor base64"),
        (base64.b64encode(b"abc").decode(), "cannot be decompressed"),
        (base64.b64encode(zlib.compress(pickle.dumps("[]" * 999))[:20]).decode(), "cut short"),
        ('{"input": "1"}', "not a list of inputs and outputs"),
        ('[{"input": 1, "output": "2"}]', "not a list of inputs and outputs"),
    ],
)
def test_what_is_no_tests_is_said_in_a_few_words(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_tests(text)


def test_what_would_not_fit_is_not_decompressed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hidden_tests, "LARGEST", 1000)
    with pytest.raises(ValueError, match="more than 1,000 bytes"):
        read_tests(packed(bytes(10_000_000)))


def claims(operation: bytes, length: int) -> bytes:
    """A pickle whose text says that it is so long."""
    return b"\x80\x04\x95" + struct.pack("<Q", 2**63) + operation + length.to_bytes(8, "little") + b"[]"


NO_TEXTS = {
    "a length that is not there": claims(b"\x8d", 2**63 - 1),
    "a length beyond all": claims(b"\x8d", 2**64 - 1),
    "operations without end": b"\x80\x04" + b"\x94" * 1_000_000,
    "frames without end": (b"\x95" + bytes(8)) * 100_000,
    "lists in lists": b"\x80\x04" + b"]" * 100_000,
    "copies of copies": b"\x80\x04X\x02\0\0\0[]" + b"2" * 100_000 + b".",
    "two texts": b"\x80\x04\x8c\x02[]\x8c\x02[].",
    "no end": b"\x80\x04\x8c\x02[]",
    "no text": b"\x80\x04.",
    "nothing": b"",
    "a call": b"cos\nsystem\n(S'true'\ntR.",
    "a line without end": b"V" + b"a" * 1000,
}


@pytest.mark.parametrize("name", NO_TEXTS)
def test_a_pickle_that_is_made_to_hurt_is_refused_soon(name: str) -> None:
    began = time.process_time()
    with pytest.raises(ValueError, match="pickle"):
        read_tests(packed(NO_TEXTS[name]))
    assert time.process_time() - began < 0.5


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 100_000,
        b'[{"input": "1", "output": "2", "more": ' + b"[" * 100_000,
        b'[{"input": ' + b"1" * 1_000_000 + b', "output": "2"}]',
        b'[{"input": "\xff", "output": "2"}]',
        b'[{"input": "\\ud800", "output": "2"}]',
        b"NaN",
        b"[NaN]",
        b'[{"input": "1"',
        b'"' + b"a" * 1_000_000 + b'"',
    ],
    ids=lambda content: content[:24].decode("latin-1"),
)
def test_json_that_is_no_tests_is_refused_in_a_sentence(content: bytes) -> None:
    head = b"\x80\x04X" + struct.pack("<I", len(content))
    with pytest.raises(ValueError, match=r"^the tests (are not a list|' JSON|.* cannot be read)|^the tests' JSON"):
        read_tests(packed(head + content + b"."))


def test_numbers_of_any_length_beside_the_tests_are_passed_over() -> None:
    content = b'[{"input": "1", "output": "2", "weight": ' + b"9" * 100_000 + b"}]"
    assert read_tests(packed(b"\x80\x04X" + struct.pack("<I", len(content)) + content + b"."))[0]["input"] == "1"


MEASURED = """
import base64, pickle, resource, sys, zlib
from northstar.benchmarks.livecodebench.hidden_tests import read_tests
def packed(pieces):
    packer = zlib.compressobj(9)
    return base64.b64encode(b"".join(map(packer.compress, pieces)) + packer.flush()).decode()
def said(text):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        said = len(read_tests(text))
    except ValueError as error:
        said = error
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, said
size = SIZE
body = (PIECE for _ in range(size >> 20))
head = b"\\x80\\x04\\x8d" + (size + len(START) + len(END)).to_bytes(8, "little") + START
print(*said(packed([head, *body, END + b"."])), sep="\\n")
"""
TESTS_WITH = (b'[{"output": "1", "input": "', b'"}]')


@pytest.mark.parametrize(
    ("size", "piece", "around", "words"),
    [
        (2 << 30, "bytes(1 << 20)", TESTS_WITH, "more than 67,108,864 bytes"),
        (1 << 30, "b'a' * (1 << 20)", TESTS_WITH, "more than 67,108,864 bytes"),
        (60 << 20, "b'a' * (1 << 20)", TESTS_WITH, "1"),
        (60 << 20, "b'a' * ((1 << 20) - 12) + b'\\\\ud83d\\\\ude00'", TESTS_WITH, "1"),
        (100 << 20, "os.urandom(1 << 17).hex().encode() * 4", TESTS_WITH, "1"),
        (
            100 << 20,
            "'ё'.encode() + os.urandom((1 << 19) - 1).hex().encode()",
            TESTS_WITH,
            "only allowed for plain ASCII",
        ),
        (100 << 20, "b'\\\\ud83d\\\\ude00' + os.urandom((1 << 19) - 6).hex().encode()", TESTS_WITH, "plain ASCII"),
        (100 << 20, "os.urandom(1 << 19).hex().encode()", (b"no ", b""), "cannot be read"),
    ],
    ids=["zeros", "one letter", "a few", "wide characters", "real", "letters", "escapes", "no JSON"],
)
@pytest.mark.slow
def test_memory_is_a_few_times_that_of_real_tests_at_most(
    size: int, piece: str, around: tuple[bytes, bytes], words: str
) -> None:
    names = {"SIZE": str(size), "PIECE": piece, "START": repr(around[0]), "END": repr(around[1])}
    code = "import os\n" + MEASURED
    for name, value in names.items():
        code = code.replace(name, value)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    kilobytes, message = done.stdout.strip().split("\n")
    assert words in message
    assert int(kilobytes) < 320 << 10, message
