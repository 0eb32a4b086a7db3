"""`prepare_data`: what `ns prepare_data` does, as a function."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from northstar import __version__
from northstar.benchmarks.benchmark import Benchmark
from northstar.benchmarks.registry import find_benchmark
from northstar.data.atomic import whole_file
from northstar.data.conversion import convert
from northstar.data.folder import data_folder, split_path
from northstar.data.hub import fetch
from northstar.data.manifest import Manifest, manifest_path, read_manifest
from northstar.data.package import environment_is_there, rows_of_package
from northstar.data.reading import read_records
from northstar.data.source import EnvironmentPackage, HubFile, PackagedFile, Source
from northstar.errors import NorthstarError, UsageError, did_you_mean
from northstar.paths import AnyPath


@dataclass(frozen=True)
class PreparedSplit:
    """One split on disk. fresh: written now, not found up to date."""

    path: Path
    manifest: Manifest
    fresh: bool


def prepare_data(
    benchmarks: str | Sequence[str],
    *,
    split: str | None = None,
    data_dir: AnyPath | None = None,
    force: bool = False,
    extra_benchmarks: Sequence[AnyPath] = (),
    report: Callable[[PreparedSplit], None] | None = None,
) -> list[PreparedSplit]:
    """Write the rows of each benchmark, with a manifest; what is there and right stays as it is.

    force: fetch again, and accept a source that has changed. report: called as each split is ready. One that fails
    does not stop the others; NorthstarError at the end names all that failed.

    >>> northstar.prepare_data(["math-500", "aime24"])  # doctest: +SKIP
    """
    names = benchmarks.split(",") if isinstance(benchmarks, str) else benchmarks
    folder = data_folder(data_dir)
    extra = [Path(path).expanduser().absolute() for path in extra_benchmarks]
    chosen = [(benchmark, _split(benchmark, split)) for benchmark in (find_benchmark(name, extra) for name in names)]
    prepared: list[PreparedSplit] = []
    failures: list[str] = []
    for benchmark, wanted in chosen:
        try:
            prepared.append(prepare_split(benchmark, wanted, folder, force=force))
        except NorthstarError as error:
            failures.append(f"{benchmark.name}: {error}")
        else:
            if report is not None:
                report(prepared[-1])
    if failures:
        raise NorthstarError("\n       ".join(failures))
    return prepared


def prepare_split(benchmark: Benchmark, split: str, data_dir: Path, *, force: bool = False) -> PreparedSplit:
    """Write <data_dir>/<benchmark>/<split>.jsonl and its manifest, whole or not at all."""
    path, source = split_path(data_dir, benchmark.whole_name, split), benchmark.splits[split]
    there = None if force else read_manifest(path)
    whole = path.exists() and (not isinstance(source, EnvironmentPackage) or environment_is_there(source, data_dir))
    if whole and there is not None and _sha256(path.read_bytes()) == there.sha256 and _is_of(there, source):
        return PreparedSplit(path, there, fresh=False)
    content, manifest = _rows_of(benchmark, split, data_dir, force)
    if there is not None and there.source_sha256 != manifest.source_sha256 and _is_same_place(there, source):
        raise NorthstarError(
            f"the source of {benchmark.name} has changed since {there.date[:10]}; "
            "--force takes the new one, but its results can't be compared with earlier ones."
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NorthstarError(f"cannot write to --data_dir={data_dir}: {error.strerror}.") from None
    with whole_file(path) as rows, whole_file(manifest_path(path)) as said:  # both are on disk before either appears
        rows.write(content)
        rows.flush()
        said.write(manifest.to_json())
    return PreparedSplit(path, manifest, fresh=True)


def _split(benchmark: Benchmark, wanted: str | None) -> str:
    if wanted is not None and wanted not in benchmark.splits:
        raise UsageError(
            f"--split: {benchmark.name} has no split '{wanted}'.{did_you_mean(wanted, benchmark.splits)} "
            f"It has {', '.join(benchmark.splits)}."
        )
    return wanted or benchmark.default_split


def _is_of(manifest: Manifest, source: Source) -> bool:
    """Whether what is there was made from the source that the benchmark names now."""
    if isinstance(source, PackagedFile):
        return _sha256(source.file.read_bytes()) == manifest.source_sha256
    if isinstance(source, EnvironmentPackage):
        return (manifest.repo, manifest.source_sha256) == (source.package, source.sha256)
    right = source.sha256 in (None, manifest.source_sha256) and manifest.facts == source.facts
    return right and _is_same_place(manifest, source)


def _is_same_place(manifest: Manifest, source: Source) -> bool:
    """Whether the benchmark still names the repository, file and commit (or a branch) that the rows were made from."""
    if not isinstance(source, HubFile):
        return False
    pinned = source.revision if len(source.revision) == 40 else manifest.revision
    return (manifest.repo, manifest.path, manifest.revision) == (source.repo, source.path, pinned)


def _rows_of(benchmark: Benchmark, split: str, data_dir: Path, force: bool) -> tuple[bytes, Manifest]:
    source = benchmark.splits[split]
    if isinstance(source, HubFile):
        lines, origin = _from_hub(source, force)
    elif isinstance(source, PackagedFile):
        lines, origin = _packaged(source)
    else:
        lines, origin = rows_of_package(source, data_dir), _origin_of(source)
    content = b"".join(lines)
    manifest = Manifest(
        benchmark=benchmark.whole_name,
        split=split,
        sha256=_sha256(content),
        rows=len(lines),
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        northstar=__version__,
        **origin,
    )
    return content, manifest


def _from_hub(source: HubFile, force: bool) -> tuple[list[bytes], dict[str, Any]]:
    fetched, where = fetch(source, force=force), f"{source.repo}/{source.path}"
    records = read_records(fetched.path, where)
    lines = list(convert(records, where, source.to_row, ids_may_repeat=source.ids_may_repeat))
    return lines, {
        "source": "hub",
        "repo": source.repo,
        "path": source.path,
        "revision": fetched.revision,
        "source_sha256": fetched.sha256,
        "facts": dict(source.facts),
    }


def _origin_of(source: EnvironmentPackage) -> dict[str, Any]:
    return {
        "source": "package",
        "repo": source.package,
        "path": "",
        "revision": source.version,
        "source_sha256": source.sha256,
        "facts": {"environment": source.environment.named},
    }


def _packaged(source: PackagedFile) -> tuple[list[bytes], dict[str, Any]]:
    name = source.file.name
    lines = list(convert(read_records(source.file, name), name, lambda line, _: line))
    digest = _sha256(source.file.read_bytes())
    return lines, {"source": "packaged", "repo": None, "path": name, "revision": None, "source_sha256": digest}


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
