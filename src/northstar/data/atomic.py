"""Files that appear whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from northstar.errors import NorthstarError


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Write `path` under a passing name; at the end it is on disk and renamed. On any failure it never was there."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")  # other hosts may write there too
    try:
        with temporary.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise NorthstarError(f"cannot write {path}: {error.strerror or error}.") from None
    finally:
        with suppress(OSError):  # it was renamed, or could not be made
            temporary.unlink()
