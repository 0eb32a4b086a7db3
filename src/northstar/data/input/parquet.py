"""Reads a parquet file as JSON lines, which are kept in a file without a name while they are in use."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path
from typing import BinaryIO, cast

import msgspec

from northstar.core.errors import NorthstarError

_MAGIC = b"PAR1"
_ROWS_AT_ONCE = 256
_encode = msgspec.json.Encoder().encode


def is_parquet(path: Path) -> bool:
    """Return whether a file is parquet, by its first bytes. Raises OSError."""
    with path.open("rb") as file:
        return file.read(len(_MAGIC)) == _MAGIC


def lines_of_parquet(path: Path) -> tuple[BinaryIO, str]:
    """Return the rows of a parquet file as lines, and the file's sha256.

    Values without a form in JSON get one as texts: times in ISO 8601, bytes in base64, decimals by their digits.

    Raises:
        NorthstarError: The file is damaged, or there is no room for its lines.
        OSError: It can't be read.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    lines = cast(BinaryIO, tempfile.TemporaryFile(buffering=1 << 20))  # noqa: SIM115 - it is given away
    number = 0
    try:
        with pq.ParquetFile(path, memory_map=True) as table:
            for batch in table.iter_batches(_ROWS_AT_ONCE):
                for row in batch.to_pylist():
                    number += 1
                    try:
                        lines.write(_encode(row) + b"\n")
                    except (msgspec.EncodeError, TypeError, ValueError) as error:
                        raise NorthstarError(f"{path}, row {number}: has no form in JSON ({error}).") from None
        lines.flush()
    except pa.ArrowException as error:
        lines.close()
        raise NorthstarError(f"cannot read {path} as parquet: {error}") from None
    except OSError as error:
        lines.close()
        raise NorthstarError(
            f"cannot keep the rows of {path} in {tempfile.gettempdir()}: {error.strerror or error}. Make room, or set "
            "TMPDIR to a folder that has some."
        ) from None
    except BaseException:
        lines.close()
        raise
    lines.seek(0)
    return lines, sha256
