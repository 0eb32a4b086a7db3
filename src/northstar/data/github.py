"""Fetches files of GitHub repositories at their commits."""

from __future__ import annotations

import hashlib
from pathlib import Path

from northstar.core.download.raw_file import PUBLIC, NotThere, RawFile
from northstar.core.errors import NorthstarError
from northstar.data.hub import Fetched
from northstar.data.source import GitHubFile

ENDPOINT_VARIABLE = "NORTHSTAR_GITHUB_ENDPOINT"
"""Names a mirror that is asked in place of raw.githubusercontent.com, and of github.com for releases."""
MOST_BYTES = 1 << 28


def raw_file(source: GitHubFile) -> RawFile:
    """Return the file by its address."""
    return RawFile(
        f"{PUBLIC}/{source.repo}/{source.revision}/{source.path}",
        f"{source.path} of {source.repo} (commit {source.revision[:12]})",
        source.sha256,
        most_bytes=MOST_BYTES,
        mirror=ENDPOINT_VARIABLE,
    )


def raw_path(source: GitHubFile, folder: Path) -> Path:
    """Return where in `folder` the file is kept."""
    return folder / source.repo / source.revision / source.path


def fetch_raw(source: GitHubFile, folder: Path, *, force: bool = False) -> Fetched:
    """Fetch the file once into `folder` and check its bytes, also those of an earlier fetch. Raises NorthstarError."""
    path, file = raw_path(source, folder), raw_file(source)
    if force:
        path.unlink(missing_ok=True)
    try:
        content = file.read(path)
    except NotThere:
        raise NorthstarError(f"there is no {file.what} at {file.shown}.") from None
    return Fetched(path, source.revision, hashlib.sha256(content).hexdigest())
