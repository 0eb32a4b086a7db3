"""The archive of a bundle: a zip of known names, written the same each time and read as a stranger's.

run.json                                      the settings behind the results
claimed.json                                  the table's numbers
eval-results/<benchmark>/output-rs0.jsonl     records; judgements/<judge>/output-rs0.jsonl below it
bundle.json                                   the checksums of all these
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import shutil
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

import msgspec

from northstar.core.atomic import whole_file
from northstar.core.benchmark_name import parsed_name
from northstar.core.errors import NorthstarError
from northstar.core.parsing import Malformed, parsed
from northstar.core.regular import check_regular
from northstar.results.layout import JUDGEMENTS, output_file, results_folder

FORMAT = 1
CONTENTS = "bundle.json"
CLAIMED = "claimed.json"
RUN = "run.json"
_RESULTS = results_folder(Path()).name

MOST_FILES = 100_000
LONGEST_NAME = 160
"""Bytes of a folder's or a file's name, which a file system has to take."""
LARGEST_DIRECTORY = 16 << 20
"""Bytes of the list of entries, which is read whole."""
LARGEST_SMALL_FILE = 64 << 20
"""Of those that are read whole: all but records and judgements."""
LONGEST_LINE = 256 << 20
ALWAYS_ALLOWED = 1 << 30
MOST_TIMES = 100
"""A bundle may unpack to a gigabyte, or to so many times its own size: text compresses to a third or a tenth."""
_PIECE = 1 << 20
_JUDGE = re.compile(r"[A-Za-z0-9_+-][A-Za-z0-9_.+-]{0,150}")


class Contents(msgspec.Struct, forbid_unknown_fields=True):
    """bundle.json: the name of each other file → its SHA-256."""

    bundle: int
    northstar: str
    files: dict[str, str]


_contents = msgspec.json.Decoder(Contents).decode
Content = Callable[[], Iterable[bytes]]


def write_archive(path: Path, files: Iterable[tuple[str, Content]], northstar: str) -> None:
    """Write an archive atomically; the same content gives the same bytes. Raises NorthstarError."""
    sums: dict[str, str] = {}
    with whole_file(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, content in files:
            sums[name] = _add(archive, name, content())
        contents = {"bundle": FORMAT, "northstar": northstar, "files": sums}
        _add(archive, CONTENTS, [json.dumps(contents, indent=1).encode() + b"\n"])


def _add(archive: zipfile.ZipFile, name: str, content: Iterable[bytes]) -> str:
    info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    info.compress_type, info.create_system, info.external_attr = zipfile.ZIP_DEFLATED, 3, 0o100644 << 16
    digest = hashlib.sha256()
    with archive.open(info, "w", force_zip64=True) as entry:
        for piece in content:
            digest.update(piece)
            entry.write(piece)
    return digest.hexdigest()


def unpack(path: Path, into: Path) -> Contents:
    """Unpack a bundle that anybody may have made into an empty folder.

    Raises NorthstarError, with what is wrong, for anything that `write_archive` would not write.
    """
    check_regular(path)
    try:
        with _InPieces(path) as file, zipfile.ZipFile(file) as archive:
            entries = _checked(path, archive.infolist(), into)
            contents = _read_contents(path, archive)
            if contents.files.keys() != entries.keys() - {CONTENTS}:
                raise _damaged(path, f"{CONTENTS} does not list what is there")
            for name, info in entries.items():
                if name != CONTENTS and _extract(path, archive, info, into / name) != contents.files[name]:
                    raise _damaged(path, f"{name} is not what {CONTENTS} says")
            return contents
    except FileNotFoundError:
        raise NorthstarError(f"there is no bundle {path}.") from None
    except (
        zipfile.BadZipFile,
        zlib.error,
        struct.error,
        EOFError,
        NotImplementedError,
        RuntimeError,
        ValueError,
    ) as error:
        raise _damaged(path, str(error) or type(error).__name__) from None
    except OSError as error:
        raise NorthstarError(f"{path} cannot be unpacked into {into}: {error.strerror or error}.") from None


class _InPieces(io.FileIO):
    """A file of which little is read at once: how long its list of entries is, zipfile takes from the file itself."""

    def read(self, size: int | None = -1, /) -> bytes:
        most = LARGEST_DIRECTORY + 1
        data = super().read(most if size is None or size < 0 else min(size, most)) or b""
        if len(data) == most:
            raise ValueError(f"its list of entries has more than {LARGEST_DIRECTORY >> 20} MiB")
        return data


def _checked(path: Path, infos: list[zipfile.ZipInfo], into: Path) -> dict[str, zipfile.ZipInfo]:
    """Return the entries by name. Raises NorthstarError for a name, a number or a size that no bundle has."""
    if len(infos) > MOST_FILES:
        raise _damaged(path, f"it has more than {MOST_FILES} files")
    entries: dict[str, zipfile.ZipInfo] = {}
    for info in infos:
        if not _is_known(info.filename) or info.filename in entries:
            raise _damaged(path, f"it holds {info.filename[:100]!r}, which no bundle does, or twice")
        if info.flag_bits & 1 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise _damaged(path, f"{info.filename} is encrypted, or compressed in another way")
        if not info.filename.endswith(".jsonl") and info.file_size > LARGEST_SMALL_FILE:
            raise _damaged(path, f"{info.filename} has {info.file_size} bytes")
        entries[info.filename] = info
    if missing := {CONTENTS, CLAIMED, RUN} - entries.keys():
        raise _damaged(path, f"it lacks {min(missing)}")
    size, allowed = sum(info.file_size for info in infos), max(ALWAYS_ALLOWED, MOST_TIMES * path.stat().st_size)
    if size > allowed:
        raise _damaged(path, f"it would unpack to {size >> 20} MiB, more than {MOST_TIMES} times its size")
    if size > (free := shutil.disk_usage(into).free):
        raise NorthstarError(
            f"{path} unpacks to {size >> 20} MiB, and {into.parent} has room for {free >> 20}; let TMPDIR name a "
            "folder with more."
        )
    return entries


def _is_known(name: str) -> bool:
    """Whether a bundle may hold a file of this name: no other is ever written to disk."""
    if name in (CONTENTS, CLAIMED, RUN):
        return True
    match PurePosixPath(name).parts if name.isprintable() and "\\" not in name else ():
        case (results, benchmark, *judge, file) if (
            results == _RESULTS and "/".join((results, benchmark, *judge, file)) == name
        ):
            short = all(len(part.encode()) <= LONGEST_NAME for part in (benchmark, *judge, file))
            found = output_file(Path(file)) if short else None
            whole = found is not None and found.is_whole and parsed_name(benchmark) is not None
            return whole and (not judge or (len(judge) == 2 and judge[0] == JUDGEMENTS and _is_judge(judge[1])))
        case _:
            return False


def _is_judge(name: str) -> bool:
    return _JUDGE.fullmatch(name) is not None


def _read_contents(path: Path, archive: zipfile.ZipFile) -> Contents:
    try:
        contents = parsed(archive.read(CONTENTS), _contents)
    except Malformed as error:
        raise _damaged(path, f"{CONTENTS}: {error}") from None
    if contents.bundle != FORMAT:
        raise NorthstarError(f"{path} is a bundle of another version (format {contents.bundle}).")
    return contents


def _extract(path: Path, archive: zipfile.ZipFile, info: zipfile.ZipInfo, file: Path) -> str:
    """Write an entry to a new file; return its SHA-256."""
    digest, in_line = hashlib.sha256(), 0
    file.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(info) as entry, file.open("xb") as out:
        for piece in _pieces(entry):
            digest.update(piece)
            out.write(piece)
            last = piece.rfind(b"\n")
            in_line = in_line + len(piece) if last < 0 else len(piece) - last
            if in_line > LONGEST_LINE:
                raise _damaged(path, f"{info.filename} has a line of more than {LONGEST_LINE >> 20} MiB")
    return digest.hexdigest()


def _pieces(file: Any) -> Iterator[bytes]:
    while piece := file.read(_PIECE):
        yield piece


def lines_of(file: BinaryIO) -> Iterator[bytes]:
    """Yield a file in pieces."""
    yield from _pieces(file)


def _damaged(path: Path, why: str) -> NorthstarError:
    return NorthstarError(f"{path} is no bundle of ns bundle, or was damaged: {why}.")
