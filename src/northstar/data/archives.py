"""Archives of data that the packages of an environment read, such as language models."""

from __future__ import annotations

import io
import secrets
import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path

from northstar.core.download.raw_file import NotThere, RawFile
from northstar.core.errors import NorthstarError

MOST_BYTES = 1 << 28


@dataclass(frozen=True)
class Archive:
    """A zip file at a fixed address.

    Attributes:
        address: Where its makers offer it, at a fixed version.
        what: What messages call it.
        sha256: The checksum of its bytes.
        folder: The folder inside the environment into which it is unpacked.
        holds: The folder that it holds, by which it is known to be there.
        mirror: The environment variable that names a mirror.
    """

    address: str
    what: str
    sha256: str
    folder: str
    holds: str
    mirror: str


def raw_archive(archive: Archive) -> RawFile:
    return RawFile(archive.address, archive.what, archive.sha256, most_bytes=MOST_BYTES, mirror=archive.mirror)


def missing_archives(archives: tuple[Archive, ...], environment: Path) -> list[Archive]:
    return [each for each in archives if not (environment / each.folder / each.holds).is_dir()]


def unpack(archive: Archive, environment: Path) -> None:
    """Fetch an archive and unpack it into the environment, all of it or nothing. Raises NorthstarError."""
    into, file = environment / archive.folder, raw_archive(archive)
    try:
        content = file.read(environment / "archives" / Path(archive.address).name)
    except NotThere:
        raise NorthstarError(f"cannot fetch {archive.what}: there is no file at {file.shown}.") from None
    unpacked = environment / f".{archive.holds}.{secrets.token_hex(4)}"
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as opened:
            opened.extractall(unpacked)  # extractall keeps to the folder; the bytes are those of the checksum
        into.mkdir(parents=True, exist_ok=True)
        (unpacked / archive.holds).rename(into / archive.holds)
    except (OSError, zipfile.BadZipFile) as error:
        raise NorthstarError(f"cannot unpack {archive.what} into {into} ({error}).") from None
    finally:
        shutil.rmtree(unpacked, ignore_errors=True)
