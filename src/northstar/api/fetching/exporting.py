"""Writes the files that benchmarks are made from into one archive, for a machine without a network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from northstar.api.prepare import prepare_split
from northstar.benchmarks.choosing import choose
from northstar.core.download.elsewhere import collecting
from northstar.core.download.raw_file import NotThere
from northstar.core.download.source_archive import write_sources
from northstar.core.errors import NorthstarError, UsageError
from northstar.core.paths import AnyPath
from northstar.data.archives import raw_archive
from northstar.data.source import EnvironmentPackage, PackagedFile
from northstar.groups.expanding import expanded_names

if TYPE_CHECKING:
    from northstar.task.benchmark import Benchmark


@dataclass(frozen=True)
class Exported:
    """The archive: its path, its files and bytes, and the benchmarks that it is enough for."""

    path: Path
    files: int
    size: int
    benchmarks: tuple[str, ...]


def export_sources(
    benchmarks: Sequence[str],
    to: AnyPath,
    *,
    split: str | None = None,
    extra_benchmarks: Sequence[AnyPath] = (),
    say: Callable[[str], None],
) -> Exported:
    """Fetch what the benchmarks are made from and write it to a .tar; the same files give the same bytes.

    Args:
        benchmarks: Names of benchmarks or groups.
        to: The archive.
        split: The split of the benchmarks that have it.
        extra_benchmarks: Files of the user's own benchmarks.
        say: Told of what the archive lacks.

    Raises:
        UsageError: A name is wrong, or there is nothing to write.
        NorthstarError: A file cannot be fetched; no archive is written.
    """
    path = Path(to).expanduser().absolute()
    extra = [Path(each).expanduser().absolute() for each in extra_benchmarks]
    names, _ = expanded_names([name.strip() for name in benchmarks], extra)
    found = choose(names.split(","), split, extra)
    kept: dict[str, Path] = {}
    with TemporaryDirectory(prefix="northstar-export-") as folder, collecting(kept.__setitem__):
        taken = [each for each in found if _collected(each, Path(folder), say)]
        _collect_archives(found, Path(folder), say)
        if not kept:
            raise UsageError(f"--export: {', '.join(each.name for each in found)}: there is no file to write.")
        size = write_sources(path, kept)
    return Exported(path, len(kept), size, tuple(dict.fromkeys(each.name for each in taken)))


def _collected(benchmark: Benchmark, folder: Path, say: Callable[[str], None]) -> bool:
    """Make the rows once, into a folder that is thrown away; return whether --source can make them elsewhere."""
    for split in benchmark.splits.to_prepare:
        source = benchmark.source(split)
        if isinstance(source, EnvironmentPackage):
            environment = source.environment
            say(
                f"note: {benchmark.name} is not in the archive: it installs {environment.named} from an index. There, "
                f"let PIP_INDEX_URL name a mirror, or {environment.variable} an environment that has them."
            )
            return False
        if not isinstance(source, PackagedFile):
            prepare_split(benchmark, split, folder, say=say)
    return True


def _collect_archives(benchmarks: Sequence[Benchmark], folder: Path, say: Callable[[str], None]) -> None:
    """Fetch the archives that the packages of graders read."""
    for environment in {each.helper.environment: None for each in benchmarks if each.helper is not None}:
        for archive in environment.archives:
            file = raw_archive(archive)
            try:
                file.read(folder / "archives" / Path(archive.address).name)
            except (NorthstarError, NotThere) as error:
                say(f"note: {archive.what} is not in the archive: {error or file.shown}")
