"""The lines of a journal: JSON that starts with a checksum of the rest of the line.

    {"crc":"8c736521","row":5,"generation":{…}}

The checksum is the CRC-32, as 8 hex digits, of every byte between the comma after it and the end of the line. Journals
of the older format (`"journal":1`) also have lines without a checksum.
"""

from __future__ import annotations

import zlib
from typing import Any, Generic, TypeVar, cast

import msgspec

from northstar.core.records import Generation, Turn

FORMAT = 2
"""Every line has a checksum."""
UNSEALED_FORMAT = 1
"""Lines may have no checksum, as older versions wrote them."""
DAMAGE = (msgspec.DecodeError, ValueError, RecursionError)
"""Exceptions of reading a damaged line; UnicodeDecodeError is a ValueError."""

_OPENING = b'{"crc":"'
_REST = len(_OPENING) + 8 + len(b'",')

_encode = msgspec.json.Encoder().encode

GenerationType = TypeVar("GenerationType")
TurnType = TypeVar("TurnType")


class Header(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """The first line: the shard that the answers belong to; `of`: the checksum of the output that is graded anew."""

    crc: str = ""
    journal: int
    benchmark: str
    seed: int | None
    first_row: int
    rows: int
    of: str = ""


class Line(msgspec.Struct, Generic[GenerationType, TurnType], forbid_unknown_fields=True):
    """Any other line: a row with a generation, a grade or a turn."""

    row: int
    crc: str = ""
    generation: GenerationType | None = None
    grade: dict[str, Any] | None = None
    turn: TurnType | None = None


class GenerationGlimpse(msgspec.Struct):
    """The fields of a generation that a replay needs; decoding only these skips the long texts."""

    generation: msgspec.Raw
    generation_start_time: float = 0.0
    generation_end_time: float = 0.0
    num_generated_tokens: int | None = None
    error: str | None = None
    out_of_context: bool = False
    reduced_to: int | None = None


class TurnGlimpse(msgspec.Struct):
    name: str


Glimpsed = Line[GenerationGlimpse, TurnGlimpse]
Whole = Line[Generation, Turn]


def _with_all_fields(glimpse: type[msgspec.Struct], whole: type[msgspec.Struct]) -> Any:
    """Extend a glimpse by the other fields of `whole`, left undecoded, so that unknown fields are still errors."""
    others = [name for name in whole.__struct_fields__ if name not in glimpse.__struct_fields__]
    fields = [(name, msgspec.Raw, msgspec.Raw()) for name in others]
    return msgspec.defstruct(glimpse.__name__, fields, bases=(glimpse,), kw_only=True, forbid_unknown_fields=True)


_Generation, _Turn = _with_all_fields(GenerationGlimpse, Generation), _with_all_fields(TurnGlimpse, Turn)
_glimpse = cast(msgspec.json.Decoder[Glimpsed], msgspec.json.Decoder(cast(Any, Line)[_Generation, _Turn]))
_whole = msgspec.json.Decoder(Whole)
_header = msgspec.json.Decoder(Header)


def sealed(content: object) -> bytes:
    """Encode an object as a line with its checksum, without a newline."""
    rest = _encode(content)[1:]
    return b'%s%08x",%s' % (_OPENING, zlib.crc32(rest), rest)


def read_header(line: bytes) -> Header:
    """Decode the first line (without newline, as below). Raises one of DAMAGE if its format is unknown."""
    is_sealed = _check_seal(line)
    header = _header.decode(line)
    if header.journal not in (FORMAT, UNSEALED_FORMAT):
        raise ValueError(f"written by another version of Northstar, as format {header.journal}")
    if header.journal == FORMAT and not is_sealed:
        raise ValueError("it has no checksum")
    return header


def glimpse(line: bytes, *, may_be_unsealed: bool) -> Glimpsed:
    """Decode what a replay needs of a line. Raises one of DAMAGE.

    A line without a checksum is decoded fully as well, as the only check of it.
    """
    if _check_seal(line):
        return _glimpse.decode(line)
    if not may_be_unsealed:
        raise ValueError("it has no checksum")
    _whole.decode(line)
    return _glimpse.decode(line)


def whole(line: bytes) -> Whole:
    """Decode all of a line that a replay has seen or that was written since. Raises one of DAMAGE."""
    _check_seal(line)
    return _whole.decode(line)


def is_more_than_a_line(tail: bytes) -> bool:
    """Return whether a file's end without newline is a line and one byte: such an end is damaged, not torn."""
    try:
        msgspec.json.decode(tail[:-1])
    except DAMAGE:
        return False
    return True


def _check_seal(line: bytes) -> bool:
    """Return whether the line has a checksum. Raises ValueError if it is wrong."""
    if not line.startswith(_OPENING):
        return False
    if line[len(_OPENING) : _REST] != b'%08x",' % zlib.crc32(memoryview(line)[_REST:]):
        raise ValueError("its checksum is wrong")
    return True
