"""Locates the tensors in a file of weights by its header."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import msgspec

_LONGEST_HEADER = 64 * 2**20
_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Span:
    """A tensor's bytes, from `first` up to `last`; `kind` is its name with layer and expert numbers masked."""

    kind: str
    first: int
    last: int


def read_tensors(file: Path, size: int) -> tuple[int, list[Span]] | None:
    """Return where a safetensors file's data begins, and its tensors in order; None for others. Raises OSError."""
    with file.open("rb", buffering=0) as opened:
        length = int.from_bytes(opened.read(8), "little")
        if not 0 < length <= min(_LONGEST_HEADER, size - 8):
            return None
        head = opened.read(length)
    start = 8 + length
    try:
        named = msgspec.json.decode(head, type=dict[str, _Tensor])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    found = [
        Span(_DIGITS.sub("#", name), start + each.data_offsets[0], start + each.data_offsets[1])
        for name, each in named.items()
        if 0 <= each.data_offsets[0] < each.data_offsets[1] <= size - start
    ]
    return start, sorted(found, key=lambda span: (span.first, span.last, span.kind))


class _Tensor(msgspec.Struct):
    data_offsets: tuple[int, int] = (0, 0)
