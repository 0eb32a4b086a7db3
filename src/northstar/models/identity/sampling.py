"""Hashes large files by sampling: reads some megabytes out of hundreds of gigabytes."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

from northstar.models.identity.tensors import Span, read_tensors

PIECE = 1024
"""Bytes per piece, some hundred weights; a disk would not be faster with fewer."""
PIECES = 8192
"""Pieces over all files together: one per tensor, if there are not more tensors."""
LEAST_PIECES = 16
"""Pieces of a file that does not say where its tensors are."""
HEAD = 32 * 2**20
"""Bytes of a GGUF file that are read whole: its settings, tokenizer and template."""
_THREADS = 32
"""A network disk answers many reads in the time of one."""
_TOGETHER = 32
_SCATTER = 2654435761

Place = tuple[int, int]
"""Offset and length."""


def sample(files: Mapping[str, tuple[Path, int]]) -> dict[str, str]:
    """Return name → hash of each file's size, header, and pieces of its data. Raises OSError.

    Args:
        files: Name → file and size. A file's hash depends on the set of files, not on its location.
    """
    if not files:
        return {}
    with ThreadPoolExecutor(_THREADS) as pool:
        layouts = list(pool.map(_layout, files, *zip(*files.values(), strict=True)))
        counts = iter(_pieces_of([span for _, spans in layouts for span in spans]))
        places = [[(0, head), *_inside(spans, [next(counts) for _ in spans])] for head, spans in layouts]
        parts = [
            (file, some) for (file, _), mine in zip(files.values(), places, strict=True) for some in _in_parts(mine)
        ]
        read = pool.map(_read, parts)
        return {
            name: _hash(size, [next(read) for _ in _in_parts(mine)])
            for (name, (_, size)), mine in zip(files.items(), places, strict=True)
        }


def _layout(name: str, file: Path, size: int) -> tuple[int, list[Span]]:
    """Return the size of a file's header, and the spans of the rest: tensors, or slices if it names none."""
    tensors = read_tensors(file, size) if file.suffix == ".safetensors" else None
    if tensors is not None:
        start, spans = tensors
        if spans:
            return start, spans
    head = min(size, HEAD) if _begins_with(file, b"GGUF") else 0
    bounds = [head + (size - head) * number // LEAST_PIECES for number in range(LEAST_PIECES + 1)]
    return head, [Span(f"{name}/{first}", first, last) for first, last in pairwise(bounds) if first < last]


def _pieces_of(spans: Sequence[Span]) -> list[int]:
    """Return the number of pieces per span, PIECES or slightly more in all.

    Kinds of tensors share them evenly; kinds with fewer tensors than their share leave the rest to others. So tensors
    that exist once (the embedding, the last norm) are always read, and those left out are among many similar ones.
    Remaining pieces go to large tensors.
    """
    counts = [0] * len(spans)
    kinds: dict[str, list[int]] = {}
    for number, span in enumerate(spans):
        kinds.setdefault(span.kind, []).append(number)
    groups = sorted(kinds.values(), key=len) if len(kinds) <= PIECES else [list(range(len(spans)))]
    remaining = PIECES
    for number, group in enumerate(groups):
        share = min(len(group), max(1, remaining // (len(groups) - number)))
        for chosen in _some(group, share):
            counts[chosen] = 1
        remaining -= share
    total = sum(span.last - span.first for span, count in zip(spans, counts, strict=True) if count)
    return [
        count + remaining * (span.last - span.first) // total if count else 0
        for span, count in zip(spans, counts, strict=True)
    ]


def _some(group: Sequence[int], count: int) -> Iterator[int]:
    """Yield `count` of a group, spread over it unevenly, since layers and their experts repeat evenly."""
    step = len(group) // count
    for number in range(count):
        yield group[number * len(group) // count + number * _SCATTER % step]


def _inside(spans: Sequence[Span], counts: Sequence[int]) -> Iterator[Place]:
    """Yield the pieces of each span, spread over it unevenly."""
    for span, count in zip(spans, counts, strict=True):
        for number in range(count):
            room = (span.last - span.first) // count
            begin = span.first + number * room + (number + span.first) * _SCATTER % max(1, room - PIECE)
            yield begin, max(1, min(PIECE, span.last - begin, max(room, 1)))


def _in_parts(places: Sequence[Place]) -> list[Sequence[Place]]:
    return [places[begin : begin + _TOGETHER] for begin in range(0, len(places), _TOGETHER)]


def _read(part: tuple[Path, Sequence[Place]]) -> bytes:
    file, places = part
    descriptor = os.open(file, os.O_RDONLY)
    try:
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_RANDOM)  # otherwise each piece reads 100 kB ahead
        return b"".join(os.pread(descriptor, length, begin) for begin, length in places)
    finally:
        os.close(descriptor)


def _hash(size: int, parts: Sequence[bytes]) -> str:
    digest = hashlib.sha256(str(size).encode())
    for part in parts:
        digest.update(part)
    return digest.hexdigest()[:32]


def _begins_with(file: Path, mark: bytes) -> bool:
    with file.open("rb", buffering=0) as opened:
        return opened.read(len(mark)) == mark
