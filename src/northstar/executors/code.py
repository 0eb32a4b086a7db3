"""Copies Northstar's code, one folder per version, for containers, other interpreters and other machines."""

from __future__ import annotations

import functools
import hashlib
import io
import os
import secrets
import shutil
import tarfile
from pathlib import Path

from northstar.core.errors import NorthstarError
from northstar.core.paths import PACKAGE
from northstar.version import __version__

NEEDED = "aiohttp, jinja2, msgspec, numpy, platformdirs, pydantic, rich, typer, yaml"
"""The packages that an interpreter needs to run this code."""


def source_files() -> list[Path]:
    """List the package's files, sorted."""
    return sorted(
        file
        for file in PACKAGE.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts and file.suffix != ".pyc"
    )


@functools.cache
def code_name() -> str:
    """Name this code: 'northstar-0.1.0-3f2a…', the version and a hash of the files."""
    digest = hashlib.sha256()
    for file in source_files():
        digest.update(str(file.relative_to(PACKAGE)).encode() + b"\0" + file.read_bytes() + b"\0")
    return f"northstar-{__version__}-{digest.hexdigest()[:12]}"


def packed_code(folder: Path) -> Path:
    """Copy the code into `folder` unless it is there; return the path for PYTHONPATH. Raises NorthstarError."""
    wanted = folder / code_name()
    if wanted.is_dir():
        return wanted
    temporary = folder / f".{wanted.name}.{secrets.token_hex(4)}"
    try:
        temporary.mkdir(parents=True)
        for file in source_files():
            target = temporary / "northstar" / file.relative_to(PACKAGE)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
        try:
            temporary.rename(wanted)
        except OSError:
            if not wanted.is_dir():  # another process may have copied it first
                raise
            shutil.rmtree(temporary)
    except OSError as error:
        raise NorthstarError(f"cannot copy Northstar's code to {folder}: {error.strerror}.") from None
    return wanted


def archive() -> bytes:
    """Return the code as a compressed tar file of northstar/…"""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=6) as tar:
        for file in source_files():
            tar.add(file, arcname=str(Path("northstar") / file.relative_to(PACKAGE)), filter=_anonymous)
    return buffer.getvalue()


def is_installed() -> bool:
    """Return whether the package is installed in this interpreter's site-packages."""
    return PACKAGE.parent.name in ("site-packages", "dist-packages")


def _anonymous(info: tarfile.TarInfo) -> tarfile.TarInfo:
    info.uid = info.gid = 0
    info.uname = info.gname = ""
    info.mode = 0o755 if info.isdir() or info.mode & os.X_OK else 0o644
    return info
