"""The tar file in which fetched files go to another machine: the same bytes each time, and read as a stranger's."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import tarfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO

from northstar.core.atomic import whole_file
from northstar.core.download.elsewhere import INDEX
from northstar.core.download.hub import digest_of_file
from northstar.core.errors import NorthstarError
from northstar.core.regular import check_regular

FORMAT = 1
MOST_FILES = 20_000
LONGEST_NAME = 1000
LARGEST_INDEX = 16 << 20
_PIECE = 1 << 20


def write_sources(path: Path, files: Mapping[str, Path]) -> int:
    """Write files by name into a tar file, atomically; return its size in bytes. Raises NorthstarError."""
    try:
        sums = {name: digest_of_file(file, hashlib.sha256()) for name, file in sorted(files.items())}
        index = json.dumps({"sources": FORMAT, "files": sums}, indent=1).encode() + b"\n"
        with whole_file(path) as file, tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
            _add(tar, INDEX, io.BytesIO(index), len(index))
            for name in sums:
                with files[name].open("rb") as content:
                    _add(tar, name, content, files[name].stat().st_size)
        return path.stat().st_size
    except OSError as error:
        raise NorthstarError(f"cannot write {path}: {error.strerror or error}.") from None


def _add(tar: tarfile.TarFile, name: str, content: BinaryIO, size: int) -> None:
    info = tarfile.TarInfo(name)  # owned by nobody, at time 0
    info.size, info.mode = size, 0o644
    tar.addfile(info, content)


def unpack_sources(path: Path, into: Path) -> None:
    """Unpack a tar file that anybody may have made into an empty folder.

    Raises NorthstarError, with what is wrong, for anything that `write_sources` would not write.
    """
    check_regular(path)
    try:
        if (size := path.stat().st_size) > (free := shutil.disk_usage(into).free):
            raise NorthstarError(
                f"{path} unpacks to {size >> 20} MiB, and {into.parent} has room for {free >> 20}; let TMPDIR name a "
                "folder with more."
            )
        with _InPieces(path) as file, tarfile.open(fileobj=file, mode="r:") as tar:
            _unpack(path, tar, into)
    except FileNotFoundError:
        raise NorthstarError(f"there is no file {path}.") from None
    except (tarfile.TarError, EOFError, ValueError, OverflowError) as error:
        raise _damaged(path, str(error) or type(error).__name__) from None
    except OSError as error:
        raise NorthstarError(f"{path} cannot be unpacked into {into}: {error.strerror or error}.") from None


class _InPieces(io.FileIO):
    """A file of which little is read at once: tarfile takes the length of a header from the header."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or size < 0 or size > LARGEST_INDEX:
            raise ValueError(f"it has a header of more than {LARGEST_INDEX >> 20} MiB")
        return super().read(size) or b""


def _unpack(path: Path, tar: tarfile.TarFile, into: Path) -> None:
    sums: dict[str, str] | None = None
    found: set[str] = set()
    while (member := tar.next()) is not None:
        if member.type != tarfile.REGTYPE or member.issparse() or not _is_plain(member.name):
            raise _damaged(path, f"it holds {member.name[:100]!r}, which is no plain file below its folder")
        content = tar.extractfile(member)
        assert content is not None
        if sums is None:
            sums = _index(path, member, content.read(LARGEST_INDEX + 1))
            (into / INDEX).write_bytes(json.dumps({"sources": FORMAT, "files": sums}).encode())
            continue
        if member.name not in sums or member.name in found:
            raise _damaged(path, f"it holds {member.name[:100]!r}, which {INDEX} does not list, or twice")
        found.add(member.name)
        if _write(content, into / member.name) != sums[member.name]:
            raise _damaged(path, f"{member.name} is not what {INDEX} says")
    if sums is None or found != sums.keys():
        raise _damaged(path, f"it lacks {min((sums or {INDEX: ''}).keys() - found)}")


def _index(path: Path, member: tarfile.TarInfo, content: bytes) -> dict[str, str]:
    try:
        read = json.loads(content) if member.name == INDEX and len(content) <= LARGEST_INDEX else None
        sums = dict(read["files"]) if read is not None and read["sources"] == FORMAT else None
    except (ValueError, KeyError, TypeError, RecursionError):
        sums = None
    if sums is None or not all(isinstance(each, str) for pair in sums.items() for each in pair):
        raise _damaged(path, f"it does not begin with a {INDEX}")
    if len(sums) > MOST_FILES:
        raise _damaged(path, f"it has more than {MOST_FILES} files")
    return sums


def _is_plain(name: str) -> bool:
    """Whether a name stays below the folder it is unpacked into, as any system reads it."""
    parts = PurePosixPath(name).parts
    short = len(name) <= LONGEST_NAME and all(len(part.encode(errors="replace")) <= 255 for part in parts)
    plain = name.isprintable() and "\\" not in name and ":" not in name and "/".join(parts) == name
    return bool(parts) and short and plain and not name.startswith("/") and not {"..", "."} & set(parts)


def _write(content: IO[bytes], file: Path) -> str:
    digest = hashlib.sha256()
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("xb") as out:
        while piece := content.read(_PIECE):
            digest.update(piece)
            out.write(piece)
    return digest.hexdigest()


def _damaged(path: Path, why: str) -> NorthstarError:
    return NorthstarError(f"{path} is no archive of ns prepare_data --export, or was damaged: {why}.")
