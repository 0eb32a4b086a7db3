"""Reads the tests in LiveCodeBench's files without trusting their content.

Unpacking is bounded by what real tests need, and only a few copies of the result are in memory.
"""

from __future__ import annotations

import binascii
import pickletools
import zlib
from typing import Any, NotRequired, TypedDict

import msgspec

LARGEST = 512 << 20
"""Bytes of a problem's tests, unpacked; the largest real ones have some hundred million."""
SMALL = 64 << 20
"""Up to this size tests may contain anything. Larger ones must be ASCII (a single wide character makes Python use four
bytes for each character of a text), and must not have been compressed to almost nothing, as numbers never are."""
LARGEST_RATIO = 300
"""Most bytes per packed character: numbers and words give 2 to 15, a single repeated letter 750."""
_SLICE = 1 << 16
"""Characters of base64 (a multiple of four), or bytes, that are unpacked at a time."""

_MOST_OPERATIONS = 16
"""Most operations in a pickle of one text; Python's own have up to 5."""
_SKIPPED = {b"\x80": 1, b"\x95": 8, b"\x94": 0, b"q": 1, b"r": 4}
"""Pickle's PROTO, FRAME, MEMOIZE, BINPUT and LONG_BINPUT, which surround a text: the bytes of their arguments."""
_LENGTHS = {b"\x8c": 1, b"X": 4, b"\x8d": 8}
"""SHORT_BINUNICODE, BINUNICODE and BINUNICODE8: the bytes of the length before the text."""
_PUT, _UNICODE, _STOP = b"p", b"V", b"."


class Test(TypedDict):
    """One test; further fields are ignored. testtype: 'stdin' or 'functional'."""

    input: str
    output: str
    testtype: NotRequired[Any]


_read = msgspec.json.Decoder(list[Test]).decode


def read_tests(text: str) -> list[Test]:
    """Read tests from JSON, or from base64 of zlib of a pickle of JSON; '' has none. Raises ValueError."""
    if not text.strip():
        return []
    # The unpacked data has no name here, so that it is freed as soon as the tests are read.
    return _tests(text.encode() if text.lstrip()[0] in "[{" else only_text(_unpacked(text)))


def only_text(pickled: bytes | bytearray) -> memoryview:
    """Return the text in a pickle, as UTF-8. Raises ValueError for a pickle of anything else.

    The pickle is parsed, never run.
    """
    text: memoryview | None = None
    place = 0
    for _ in range(_MOST_OPERATIONS):
        operation = bytes(pickled[place : place + 1])
        place += 1
        if operation in _SKIPPED:
            place += _SKIPPED[operation]
        elif operation == _PUT:
            place = _end_of_line(pickled, place) + 1
        elif operation == _STOP and text is not None:
            return text
        elif text is None and operation in _LENGTHS:
            first = place + _LENGTHS[operation]
            place = first + int.from_bytes(pickled[place:first], "little")
            if place >= len(pickled):
                break
            text = memoryview(pickled)[first:place]
        elif text is None and operation == _UNICODE:
            first, place = place, _end_of_line(pickled, place) + 1
            text = _old_text(bytes(pickled[first : place - 1]))
        elif not operation:
            break
        else:
            names = [known.name for known in pickletools.opcodes if known.code.encode("latin-1") == operation]
            raise ValueError(f"the tests' pickle holds more than a text ({''.join(names) or operation!r})")
    raise ValueError("the tests' pickle is not of one text, or is cut short")


def _end_of_line(pickled: bytes | bytearray, place: int) -> int:
    end = pickled.find(b"\n", place)
    return len(pickled) if end < 0 else end


def _old_text(escaped: bytes) -> memoryview:
    """Decode the text in a pickle of the oldest protocol."""
    if len(escaped) > SMALL:
        raise ValueError("a pickle of this old protocol is too large to read safely")
    return memoryview(escaped.decode("raw-unicode-escape").encode("utf-8", "surrogatepass"))


def _unpacked(text: str) -> bytearray:
    if len(text) > 2 * LARGEST:
        raise ValueError(f"the tests have more than {LARGEST:,} bytes")
    unpacker = zlib.decompressobj()
    content = bytearray()
    try:
        for first in range(0, len(text), _SLICE):  # each step may unpack as much as the input so far allows
            part = _base64(text[first : first + _SLICE])
            most = min(LARGEST, max(SMALL, LARGEST_RATIO * (first + _SLICE)))
            while part and not unpacker.eof:
                content += unpacker.decompress(part, _SLICE)
                part = unpacker.unconsumed_tail
                if len(content) > most:
                    raise ValueError(f"the tests have more than {most:,} bytes, packed into {len(text):,} characters")
    except zlib.error as error:
        raise ValueError(f"the tests cannot be decompressed ({error})") from None
    if not unpacker.eof:
        raise ValueError("the tests are cut short")
    return content


def _base64(text: str) -> bytes:
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except ValueError:
        raise ValueError("the tests are neither JSON nor base64") from None


def _tests(content: bytes | memoryview) -> list[Test]:
    if len(content) > SMALL and not _is_plain(content):
        raise ValueError(f"the tests have more than {SMALL:,} bytes, which is only allowed for plain ASCII")
    try:
        return _read(content)
    except msgspec.ValidationError as error:
        raise ValueError(f"the tests are not a list of inputs and outputs ({error})") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"the tests' JSON cannot be read ({error})") from None


def _is_plain(content: bytes | memoryview) -> bool:
    """Return whether each character takes one byte, both in the file and in memory."""
    parts = (bytes(content[first : first + _SLICE + 1]) for first in range(0, len(content), _SLICE))
    return all(part.isascii() and b"\\u" not in part for part in parts)
