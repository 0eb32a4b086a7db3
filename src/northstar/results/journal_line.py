"""A journal's lines: JSON that begins with a checksum of the rest of its line.

    {"crc":"8c736521","row":5,"generation":{…}}

The checksum is the CRC-32, as 8 hex digits, of every byte between the comma after it and the end of the line. Journals
of before (`"journal":1`) hold lines without one, too.
"""

from __future__ import annotations

import zlib
from typing import Any, Generic, TypeVar, cast

import msgspec

from northstar.core.records import Generation, Turn

FORMAT = 2
"""Every line has a checksum."""
UNSEALED_FORMAT = 1
"""Lines may have none: those of before there were checksums."""
DAMAGE = (msgspec.DecodeError, ValueError, RecursionError)
"""What reading a damaged line raises; UnicodeDecodeError is a ValueError."""

_OPENING = b'{"crc":"'
_REST = len(_OPENING) + 8 + len(b'",')

_encode = msgspec.json.Encoder().encode

GenerationType = TypeVar("GenerationType")
TurnType = TypeVar("TurnType")


class Header(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """The first line: whose answers these are."""

    crc: str = ""
    journal: int
    benchmark: str
    seed: int | None
    first_row: int
    rows: int


class Line(msgspec.Struct, Generic[GenerationType, TurnType], forbid_unknown_fields=True):
    """Any other line: a row with one of the three."""

    row: int
    crc: str = ""
    generation: GenerationType | None = None
    grade: dict[str, Any] | None = None
    turn: TurnType | None = None


class GenerationGlimpse(msgspec.Struct):
    """What a replay needs of a generation; decoding only this skips the long texts."""

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
    """The glimpse, which also takes what else `whole` has, unread, and nothing that it has not."""
    others = [name for name in whole.__struct_fields__ if name not in glimpse.__struct_fields__]
    fields = [(name, msgspec.Raw, msgspec.Raw()) for name in others]
    return msgspec.defstruct(glimpse.__name__, fields, bases=(glimpse,), kw_only=True, forbid_unknown_fields=True)


_Generation, _Turn = _with_all_fields(GenerationGlimpse, Generation), _with_all_fields(TurnGlimpse, Turn)
_glimpse = cast(msgspec.json.Decoder[Glimpsed], msgspec.json.Decoder(cast(Any, Line)[_Generation, _Turn]))
_whole = msgspec.json.Decoder(Whole)
_header = msgspec.json.Decoder(Header)


def sealed(content: object) -> bytes:
    """The line of a JSON object, without its newline."""
    rest = _encode(content)[1:]
    return b'%s%08x",%s' % (_OPENING, zlib.crc32(rest), rest)


def read_header(line: bytes) -> Header:
    """A line, without its newline here and below. Raises one of DAMAGE for what is no header of a known format."""
    is_sealed = _check_seal(line)
    header = _header.decode(line)
    if header.journal not in (FORMAT, UNSEALED_FORMAT):
        raise ValueError(f"written by another version of Northstar, as format {header.journal}")
    if header.journal == FORMAT and not is_sealed:
        raise ValueError("it has no checksum")
    return header


def glimpse(line: bytes, *, may_be_unsealed: bool) -> Glimpsed:
    """A line as a replay needs it. One without a checksum is read as a whole, since nothing else vouches for it.

    Raises one of DAMAGE.
    """
    if _check_seal(line):
        return _glimpse.decode(line)
    if not may_be_unsealed:
        raise ValueError("it has no checksum")
    _whole.decode(line)
    return _glimpse.decode(line)


def whole(line: bytes) -> Whole:
    """A line that a replay has seen, or that was written since, with all that it holds. Raises one of DAMAGE."""
    _check_seal(line)
    return _whole.decode(line)


def is_more_than_a_line(tail: bytes) -> bool:
    """Whether the end of a file, which has no newline, is a line and a byte: then it isn't torn, but damaged."""
    try:
        msgspec.json.decode(tail[:-1])
    except DAMAGE:
        return False
    return True


def _check_seal(line: bytes) -> bool:
    """Whether the line has a checksum. Raises ValueError where that is not the line's."""
    if not line.startswith(_OPENING):
        return False
    if line[len(_OPENING) : _REST] != b'%08x",' % zlib.crc32(memoryview(line)[_REST:]):
        raise ValueError("its checksum does not fit")
    return True
