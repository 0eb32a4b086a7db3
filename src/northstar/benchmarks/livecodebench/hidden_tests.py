"""Reads the tests of a problem as LiveCodeBench's files hold them, without trusting what is in there.

No more is ever unpacked than real tests need, and never more than a few copies of that are in memory.
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
"""Up to here tests may be of any kind. Larger ones must be plain (a text with a single wide character takes four bytes
for each of its characters), and must not have been packed into next to nothing, as numbers never are."""
LARGEST_RATIO = 300
"""Bytes for each packed character; numbers and words have 2 to 15, one letter over and over has 750."""
_SLICE = 1 << 16
"""Characters of base64, a multiple of four, or bytes, that are unpacked at once."""

_MOST_OPERATIONS = 16
"""Of a pickle of one text; Python's own have up to 5."""
_SKIPPED = {b"\x80": 1, b"\x95": 8, b"\x94": 0, b"q": 1, b"r": 4}
"""Pickle's PROTO, FRAME, MEMOIZE, BINPUT and LONG_BINPUT: what is around a text, and the bytes that follow each."""
_LENGTHS = {b"\x8c": 1, b"X": 4, b"\x8d": 8}
"""SHORT_BINUNICODE, BINUNICODE and BINUNICODE8: the bytes of the text's length, which comes first."""
_PUT, _UNICODE, _STOP = b"p", b"V", b"."


class Test(TypedDict):
    """As it is there; what else it says is left out. testtype: 'stdin' or 'functional'."""

    input: str
    output: str
    testtype: NotRequired[Any]


_read = msgspec.json.Decoder(list[Test]).decode


def read_tests(text: str) -> list[Test]:
    """Tests as JSON, or as base64 of zlib of a pickle of a JSON text; none of an empty one. Raises ValueError."""
    if not text.strip():
        return []
    # What is unpacked is named nowhere here: it is gone as soon as the tests are read.
    return _tests(text.encode() if text.lstrip()[0] in "[{" else only_text(_unpacked(text)))


def only_text(pickled: bytes | bytearray) -> memoryview:
    """The text that a pickle is of, in UTF-8. Raises ValueError for a pickle of anything else.

    The pickle is not run, only read: it must be one text, with what every pickle has around it.
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
    """Of a pickle of the oldest kind."""
    if len(escaped) > SMALL:
        raise ValueError("the tests' pickle is of an old kind that so large a one may not have")
    return memoryview(escaped.decode("raw-unicode-escape").encode("utf-8", "surrogatepass"))


def _unpacked(text: str) -> bytearray:
    if len(text) > 2 * LARGEST:
        raise ValueError(f"the tests have more than {LARGEST:,} bytes")
    unpacker = zlib.decompressobj()
    content = bytearray()
    try:
        for first in range(0, len(text), _SLICE):  # as much is unpacked as what was packed so far allows
            part = _base64(text[first : first + _SLICE])
            most = min(LARGEST, max(SMALL, LARGEST_RATIO * (first + _SLICE)))
            while part and not unpacker.eof:
                content += unpacker.decompress(part, _SLICE)
                part = unpacker.unconsumed_tail
                if len(content) > most:
                    raise ValueError(f"the tests have more than {most:,} bytes, packed into {len(text):,} characters")
    except zlib.error as error:
        raise ValueError(f"the tests can't be decompressed ({error})") from None
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
        raise ValueError(f"the tests have more than {SMALL:,} bytes, and characters that so large ones may not have")
    try:
        return _read(content)
    except msgspec.ValidationError as error:
        raise ValueError(f"the tests are no list of inputs and outputs ({error})") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"the tests' JSON can't be read ({error})") from None


def _is_plain(content: bytes | memoryview) -> bool:
    """Whether each of its characters is one byte, as it is there and once it has been read."""
    parts = (bytes(content[first : first + _SLICE + 1]) for first in range(0, len(content), _SLICE))
    return all(part.isascii() and b"\\u" not in part for part in parts)
