"""Takes in files that another machine fetched: a folder of them, or the archive of `ns prepare_data --export`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from northstar.core.download.elsewhere import Elsewhere
from northstar.core.download.source_archive import unpack_sources
from northstar.core.errors import UsageError
from northstar.core.paths import AnyPath


@contextmanager
def taken_in(source: AnyPath | None) -> Iterator[Elsewhere | None]:
    """Open --source: a folder as it is, an archive unpacked until the block ends. Raises NorthstarError."""
    if source is None:
        yield None
        return
    path = Path(source).expanduser().absolute()
    if path.is_dir():
        yield Elsewhere.of(path)
        return
    if not path.exists():
        raise UsageError(f"--source={source}: there is no such folder or file.")
    with TemporaryDirectory(prefix="northstar-sources-") as folder:
        unpack_sources(path, Path(folder))
        yield Elsewhere.of(Path(folder))
