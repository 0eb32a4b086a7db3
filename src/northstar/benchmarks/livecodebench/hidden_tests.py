"""Reads the tests of a problem as LiveCodeBench's files hold them, without trusting what is in there."""

from __future__ import annotations

import base64
import binascii
import json
import pickletools
import zlib
from typing import Any

LARGEST = 1 << 30
"""Bytes of a problem's tests, decompressed; the largest real ones have some hundred million."""
_HARMLESS = ("PROTO", "FRAME", "MEMOIZE", "BINPUT", "LONG_BINPUT", "PUT", "STOP")
_TEXTS = ("SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8", "UNICODE")

Test = dict[str, Any]
"""{"input": …, "output": …, "testtype": "stdin" or "functional"}, as it is there."""


def read_tests(text: str) -> list[Test]:
    """Tests as JSON, or as base64 of zlib of a pickle of a JSON text; none of an empty one. Raises ValueError."""
    if not text.strip():
        return []
    try:
        tests = json.loads(text)
    except ValueError:
        tests = json.loads(_unpacked(text))
    if not isinstance(tests, list) or not all(_is_test(test) for test in tests):
        raise ValueError("the tests are no list of inputs and outputs")
    return tests


def _is_test(test: object) -> bool:
    return isinstance(test, dict) and isinstance(test.get("input"), str) and isinstance(test.get("output"), str)


def _unpacked(text: str) -> str:
    try:
        packed = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("the tests are neither JSON nor base64") from None
    unpacker = zlib.decompressobj()
    try:
        content = unpacker.decompress(packed, LARGEST)
    except zlib.error as error:
        raise ValueError(f"the tests can't be decompressed ({error})") from None
    if unpacker.unconsumed_tail or not unpacker.eof:
        raise ValueError(f"the tests are cut short, or have more than {LARGEST:,} bytes")
    return only_text(content)


def only_text(pickled: bytes) -> str:
    """The text that a pickle is of. Raises ValueError for a pickle of anything else: nothing is called or looked up.

    The pickle is not run, only read: it must be one text, with what every pickle has around it.
    """
    texts: list[str] = []
    try:
        for operation, argument, _ in pickletools.genops(pickled):
            if operation.name in _TEXTS:
                texts.append(str(argument))
            elif operation.name not in _HARMLESS:
                raise ValueError(f"the tests' pickle holds more than a text ({operation.name})")
    except ValueError:
        raise
    except Exception as error:  # pickletools raises what it likes
        raise ValueError(f"the tests' pickle can't be read ({type(error).__name__})") from None
    if len(texts) != 1:
        raise ValueError("the tests' pickle is not of one text")
    return texts[0]
