"""Hashes of large files by places inside them: some megabytes are read of hundreds of gigabytes."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

PIECE = 4096
PIECES = 1024
"""Over all files together, at least a few of each."""
LEAST_PIECES = 4
HEAD = 32 * 2**20
"""Of a GGUF file, read whole: its settings, tokenizer and template lie there."""
_LONGEST_HEADER = 64 * 2**20
_THREADS = 16
"""A disk behind a network answers many questions in the time of one."""
_TOGETHER = 16
_SCATTER = 2654435761

Place = tuple[int, int]
"""Where, and how many bytes."""


def sample(files: Mapping[str, tuple[Path, int]]) -> dict[str, str]:
    """Name → hash of the file's size, of its head, and of pieces inside of its data. Raises OSError.

    files: name → the file and its size. The same file gives the same hash wherever it lies, among the same others.
    """
    if not files:
        return {}
    total = sum(size for _, size in files.values())
    with ThreadPoolExecutor(_THREADS) as pool:
        budgets = [max(LEAST_PIECES, PIECES * size // max(total, 1)) for _, size in files.values()]
        places = list(pool.map(_places, files.values(), budgets))
        parts = [
            (file, some) for (file, _), mine in zip(files.values(), places, strict=True) for some in _in_parts(mine)
        ]
        read = pool.map(_read, parts)
        return {
            name: _hash(size, [next(read) for _ in _in_parts(mine)])
            for (name, (_, size)), mine in zip(files.items(), places, strict=True)
        }


def _places(sized: tuple[Path, int], budget: int) -> list[Place]:
    """The places of one file, in order."""
    file, size = sized
    if size <= budget * PIECE:
        return [(0, size)]
    if file.suffix == ".safetensors" and (tensors := _tensors(file, size)) is not None:
        start, spans = tensors
        return [(0, start), *_inside(spans, budget)]
    head = min(size, HEAD) if _begins_with(file, b"GGUF") else 0
    return [(0, head), *_inside([(head, size)], budget)]


def _tensors(file: Path, size: int) -> tuple[int, list[tuple[int, int]]] | None:
    """Where a safetensors file's data begin, and where in it each tensor; None where its head is none."""
    with file.open("rb", buffering=0) as opened:
        length = int.from_bytes(opened.read(8), "little")
        if not 0 < length <= min(_LONGEST_HEADER, size - 8):
            return None
        head = opened.read(length)
    start = 8 + length
    try:
        named = msgspec.json.decode(head, type=dict[str, _Tensor])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return start, [(start, size)]
    found = sorted(
        (start + first, start + last)
        for first, last in (each.data_offsets for each in named.values())
        if 0 <= first < last <= size - start
    )
    return start, found or [(start, size)]


class _Tensor(msgspec.Struct):
    data_offsets: tuple[int, int] = (0, 0)


def _inside(spans: Sequence[tuple[int, int]], budget: int) -> Iterator[Place]:
    """Pieces spread over the spans; where these are too many, over some of them.

    The step is never quite even: layers repeat, and an even step might meet the same part of each.
    """
    count = len(spans)
    if count > budget:
        chosen = [spans[one * count // budget + one * _SCATTER % max(1, count // budget)] for one in range(budget)]
    else:
        chosen = list(spans)
    each = max(1, budget // len(chosen))
    for first, last in chosen:
        room = (last - first) // each
        for number in range(each):
            begin = first + number * room + (number + first) * _SCATTER % max(1, room - PIECE)
            yield begin, max(1, min(PIECE, last - begin, max(room, 1)))


def _in_parts(places: Sequence[Place]) -> list[Sequence[Place]]:
    return [places[begin : begin + _TOGETHER] for begin in range(0, len(places), _TOGETHER)]


def _read(part: tuple[Path, Sequence[Place]]) -> bytes:
    file, places = part
    descriptor = os.open(file, os.O_RDONLY)
    try:
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_RANDOM)  # else a hundred kilobytes come with each piece
        return b"".join(os.pread(descriptor, length, begin) for begin, length in places)
    finally:
        os.close(descriptor)


def _hash(size: int, parts: Sequence[bytes]) -> str:
    held = hashlib.sha256(str(size).encode())
    for part in parts:
        held.update(part)
    return held.hexdigest()[:32]


def _begins_with(file: Path, mark: bytes) -> bool:
    with file.open("rb", buffering=0) as opened:
        return opened.read(len(mark)) == mark
