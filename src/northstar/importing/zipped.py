"""Reads the entries of a foreign zip file, all of it bounded; nothing is ever unpacked to disk."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from northstar.core.errors import NorthstarError
from northstar.importing.found import malformed

LARGEST_ENTRY = 64 << 20
"""Bytes of an entry, unpacked or not."""
MOST_UNPACKED, MOST_RATIO = 1 << 30, 200
"""What all entries may hold, unpacked: a GiB, or this many times the file's size where that is more."""
LARGEST_DIRECTORY = 64 << 20
"""Bytes of the list of entries, which is read whole: some 500,000 of them."""
ZSTANDARD = 93
"""inspect-ai's way of packing since 2026; Python's zipfile knows it from 3.14 on."""

_END, _END_64 = b"PK\5\6", b"PK\6\6"
_LOCAL = struct.Struct("<4s22xHH")


class ZipReader:
    """An open zip file. The entries' names are only compared; of two with one name the last counts, as everywhere."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        """Read the list of entries. Raises NorthstarError if it is damaged, or holds more than it should."""
        self.path = path
        self._file = file
        try:
            _check_directory(path, file)
            with zipfile.ZipFile(file) as listed:
                self.entries = {info.filename: info for info in listed.infolist()}
        except (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error, EOFError) as error:
            raise NorthstarError(f"{path} is not a whole zip file ({error}).") from None
        unpacked = sum(info.file_size for info in self.entries.values())
        size = file.seek(0, 2)
        if unpacked > max(MOST_UNPACKED, MOST_RATIO * size):
            raise NorthstarError(
                f"{path} would unpack to {unpacked >> 20:,} MiB, more than {MOST_RATIO} times its size: it is refused."
            )

    def read(self, name: str) -> bytes:
        """Unpack an entry. Raises NorthstarError if it is too large, damaged, or packed in an unknown way."""
        info = self.entries[name]
        try:
            if max(info.file_size, info.compress_size) > LARGEST_ENTRY:
                raise ValueError(f"larger than {LARGEST_ENTRY >> 20} MiB")
            if info.flag_bits & 1:
                raise ValueError("encrypted")
            data = _UNPACK[info.compress_type](self._packed(info), info.file_size)
            if len(data) != info.file_size or zlib.crc32(data) != info.CRC:
                raise ValueError("damaged: its checksum is wrong")
        except KeyError:
            raise malformed(self.path, name, f"packed in an unknown way ({info.compress_type})") from None
        except (ValueError, zlib.error, struct.error, OSError) as error:
            raise malformed(self.path, name, error) from None
        return data

    def _packed(self, info: zipfile.ZipInfo) -> bytes:
        self._file.seek(info.header_offset)
        mark, name, extra = _LOCAL.unpack(self._file.read(_LOCAL.size))
        if mark != b"PK\3\4":
            raise ValueError("damaged: it has no header")
        self._file.seek(name + extra, 1)
        data = self._file.read(info.compress_size)
        if len(data) != info.compress_size:
            raise ValueError("damaged: the file ends within it")
        return data


def _stored(data: bytes, size: int) -> bytes:
    del size
    return data


def _inflated(data: bytes, size: int) -> bytes:
    return zlib.decompressobj(-zlib.MAX_WBITS).decompress(data, size + 1)


def _of_zstandard(data: bytes, size: int) -> bytes:
    from pyarrow import Codec

    unpacked: bytes = Codec("zstd").decompress(data, size, asbytes=True) if size else b""
    return unpacked


_UNPACK: dict[int, Callable[[bytes, int], bytes]] = {0: _stored, 8: _inflated, ZSTANDARD: _of_zstandard}


def _check_directory(path: Path, file: BinaryIO) -> None:
    """Raise NorthstarError for a list of entries that is too long to be read whole."""
    size = file.seek(0, 2)
    start = max(0, size - (1 << 16) - 200)
    file.seek(start)
    tail = file.read(size - start)
    end = tail.rfind(_END)
    if end < 0:
        raise ValueError("its end is missing")
    (listed,) = struct.unpack_from("<L", tail, end + 12)
    if listed == 0xFFFFFFFF and (end_64 := tail.rfind(_END_64, 0, end)) >= 0:
        (listed,) = struct.unpack_from("<Q", tail, end_64 + 40)
    if listed > LARGEST_DIRECTORY:
        raise NorthstarError(f"{path} lists more than {LARGEST_DIRECTORY >> 20} MiB of entries: it is refused.")
