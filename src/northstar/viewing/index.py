"""The index of an output or a journal, kept beside the run, so that opening a large run again takes no scan of it."""

from __future__ import annotations

import hashlib
import os
import zlib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from northstar.core.atomic import whole_file
from northstar.core.errors import NorthstarError
from northstar.results.layout import OutputFile, index_folder, logs_folder
from northstar.viewing.scan import ENTRY, Entries, Scanner

FORMAT = 2
_KEPT_FROM = 4 << 20
"""Bytes of records from which an index is worth a file."""
_HEAD, _TAIL = 4096, 256


@dataclass(frozen=True)
class Index:
    """What is known of a file.

    Attributes:
        end: Bytes that were scanned.
        lines: In them.
        mtime_ns: Of an output, when it was written.
        seal: Checksum of the beginning and of the end of what was scanned.
        header: (first row, rows) of a journal.
    """

    entries: Entries
    end: int
    lines: int
    damaged: int
    mtime_ns: int
    seal: int
    header: tuple[int, int] | None


class _Head(msgspec.Struct, forbid_unknown_fields=True):
    """The first line of an index's file."""

    format: int
    name: str
    scores: tuple[str, ...]
    end: int
    lines: int
    damaged: int
    mtime_ns: int
    seal: int
    header: tuple[int, int] | None
    entries: int
    check: int


def index_place(output_dir: Path) -> Path:
    """Return where the indexes of a run are: in its eval-logs, or in the user's cache where they can't be there."""
    logs = logs_folder(output_dir)
    if os.access(logs if logs.is_dir() else output_dir, os.W_OK):
        return index_folder(output_dir)
    import platformdirs

    name = hashlib.sha256(os.fsencode(output_dir.resolve())).hexdigest()[:16]
    return Path(platformdirs.user_cache_dir("northstar", appauthor=False)) / "index" / name


def up_to_date(file: OutputFile, place: Path, scanner: Scanner, known: Index | None) -> Index:
    """Return the index of a file as it is now, scanning only what is new.

    Args:
        file: The output or journal.
        place: Where its index is kept.
        scanner: Scans it.
        known: What this process knows of it.

    Raises:
        OSError: The file can't be read, or is gone.
        NorthstarError: It is no regular file.
    """
    now = file.path.stat()
    known = known or _kept(place, scanner)
    if known is not None and not _still_holds(file, known, now):
        known = None
    if known is not None and (known.end == now.st_size or (not file.is_journal and known.mtime_ns == now.st_mtime_ns)):
        return known
    if file.is_journal:
        begin = 0 if known is None else known.end
        found = scanner.journal(file.path, begin, None if known is None else known.entries)
        header, damaged, lines = found.header, found.damaged, found.lines
        if known is not None:
            header, damaged, lines = known.header, damaged + known.damaged, lines + known.lines
    else:
        found = scanner.output(file.path)
        header, damaged, lines = None, found.damaged, found.lines
    index = Index(found.entries, found.end, lines, damaged, now.st_mtime_ns, _seal(file.path, found.end), header)
    if index.end - (0 if known is None else known.end) >= _KEPT_FROM:
        with suppress(OSError, NorthstarError):  # it is only there for speed
            _keep(place, index, scanner)
    return index


def _still_holds(file: OutputFile, known: Index, now: os.stat_result) -> bool:
    if file.is_journal:
        return known.end <= now.st_size and known.seal == _seal(file.path, known.end)
    return known.mtime_ns == now.st_mtime_ns and known.end == now.st_size


def _seal(path: Path, end: int) -> int:
    with path.open("rb") as file:
        head = file.read(min(_HEAD, end))
        file.seek(max(0, end - _TAIL))
        return zlib.crc32(file.read(min(_TAIL, end)), zlib.crc32(head))


def _keep(place: Path, index: Index, scanner: Scanner) -> None:
    content = index.entries.tobytes()
    head = _Head(
        format=FORMAT,
        name=place.name,
        scores=scanner.scores,
        end=index.end,
        lines=index.lines,
        damaged=index.damaged,
        mtime_ns=index.mtime_ns,
        seal=index.seal,
        header=index.header,
        entries=len(index.entries),
        check=zlib.crc32(content),
    )
    place.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(place, durable=False) as file:
        file.write(msgspec.json.encode(head) + b"\n" + content)


def _kept(place: Path, scanner: Scanner) -> Index | None:
    """Read an index; None unless it is whole, of this version and of these scores."""
    try:
        if not place.is_file():
            return None
        first, _, content = place.read_bytes().partition(b"\n")
        head = msgspec.json.decode(first, type=_Head)
    except (OSError, msgspec.DecodeError, ValueError):
        return None
    fits = head.format == FORMAT and head.name == place.name and head.scores == scanner.scores
    if not fits or len(content) != head.entries * ENTRY.itemsize or zlib.crc32(content) != head.check:
        return None
    entries = np.frombuffer(content, dtype=ENTRY)
    ends = entries["start"] + entries["size"]
    if len(entries) and not (entries["start"].min() >= 0 and ends.max() <= head.end and entries["size"].min() >= 0):
        return None
    return Index(entries, head.end, head.lines, head.damaged, head.mtime_ns, head.seal, head.header)
