"""`bundle`: `ns bundle` as a function."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from northstar.api.bundling.archive import CLAIMED, RUN, Content, lines_of, write_archive
from northstar.api.bundling.rows import published, published_judgement
from northstar.benchmarks.registry import find_known
from northstar.core.errors import NorthstarError, UsageError
from northstar.core.paths import AnyPath
from northstar.core.regular import check_regular
from northstar.provenance.results_name import JUDGED_BY, results_name
from northstar.reports.summarize import as_json, benchmark_folders
from northstar.reports.summing import summed_up
from northstar.results.layout import RUN_JSON, output_dir_of, results_folder
from northstar.results.record_lines import parsed_record
from northstar.results.run_json import FORMAT, read_run_json
from northstar.results.state import judgement_folders, output_files
from northstar.task.benchmark import Benchmark
from northstar.version import __version__

_decode = msgspec.json.Decoder(dict[str, Any]).decode
_encode = msgspec.json.Encoder().encode


class Bundled(NamedTuple):
    """The result of `bundle`: the file, its benchmarks, and what to know of it, a sentence each."""

    file: Path
    benchmarks: tuple[str, ...]
    notes: tuple[str, ...]


def bundle(
    output_dir: AnyPath,
    output: AnyPath,
    *,
    benchmarks: str | Sequence[str] | None = None,
    extra_benchmarks: Sequence[AnyPath] = (),
) -> Bundled:
    """Pack what the table of an output folder needs into one file, which `verify` checks offline.

    Rows of a benchmark whose authors ask not to publish them are in it by id and hash alone.

    Args:
        output_dir: The folder.
        output: The file to write: table.nsb.
        benchmarks: Only these.
        extra_benchmarks: Files with your own benchmarks.

    Raises:
        NorthstarError: There are no results, or they cannot be read.

    >>> northstar.bundle("out", "table.nsb").notes  # doctest: +SKIP
    """
    root, file = Path(output_dir).expanduser().absolute(), Path(output).expanduser().absolute()
    wanted = benchmarks.split(",") if isinstance(benchmarks, str) else benchmarks
    folders = benchmark_folders(root, None if wanted is None else [name.strip() for name in wanted])
    if output_dir_of(folders[0]) != root:
        raise UsageError(f"{root} should be the --output_dir of an ns eval: it has no {RUN_JSON} of its own.")
    extra = [Path(path).expanduser().absolute() for path in extra_benchmarks]
    claimed: dict[str, Any] = {}
    notes: list[str] = []
    files: list[tuple[str, Content]] = []
    for folder in folders:
        found = summed_up(folder, extra, None, regradings=[])
        notes += [f"{folder.name}: {note}" for note in found.uncounted]
        if found.parts:
            known = find_known(folder.name, extra)
            claimed[folder.name] = as_json(found.parts, [])
            files += _files(root, folder, known)
            notes += _said_of(folder.name, known)
    if not claimed:
        raise NorthstarError(f"no seed in {root} is complete: there is no table to bundle.")
    small = [(RUN, _json(_settings(root, claimed))), (CLAIMED, _json(claimed))]
    write_archive(file, [*small, *files], __version__)
    return Bundled(file, tuple(claimed), tuple(notes))


def _said_of(name: str, known: Benchmark | None) -> list[str]:
    if known is None:
        return [f"{name} is a benchmark of your own: who verifies it needs its file (--extra_benchmarks)."]
    if known.unpublished:
        return [f"{name}: its rows are in it by id and hash alone; the generations are whole, and may quote them."]
    return []


def _settings(root: Path, benchmarks: Iterable[str]) -> dict[str, Any]:
    """Return what run.json says of these results, without the runs: hosts, commands and folders stay here."""
    stored = read_run_json(root / RUN_JSON)
    ours = {results_name(name, seed) for name in benchmarks for seed in (None, 0)}
    mine = {name: each for name, each in stored.get("results", {}).items() if name.partition(JUDGED_BY)[0] in ours}
    models = {
        key: files
        for key, files in stored.get("models", {}).items()
        if any(key in each.values() for each in mine.values())
    }
    answered = {name: first for name, first in stored.get("answered_by", {}).items() if name in mine}
    return {"run_json": FORMAT, "results": mine, "models": models, "answered_by": answered}


def _json(value: Any) -> Content:
    return lambda: [json.dumps(value, indent=1, ensure_ascii=False).encode() + b"\n"]


def _files(root: Path, folder: Path, known: Benchmark | None) -> Iterator[tuple[str, Content]]:
    """Yield the outputs of a benchmark and the judgements of each, with what a bundle holds of them."""
    base = f"{results_folder(root).name}/{folder.name}"
    outputs = [file.path for file in output_files(folder) if file.is_whole]
    hidden = known is not None and known.unpublished
    for path in outputs:
        yield f"{base}/{path.name}", _records(path, known if hidden else None)
    for judged in judgement_folders(folder):
        for path in outputs:
            if (verdicts := judged / path.name).exists():
                yield f"{base}/{judged.parent.name}/{judged.name}/{path.name}", _verdicts(verdicts, hidden=hidden)


def _records(path: Path, hidden: Benchmark | None) -> Content:
    def content() -> Iterator[bytes]:
        check_regular(path)
        with path.open("rb") as lines:
            if hidden is None:
                yield from lines_of(lines)
                return
            for number, line in enumerate(lines, start=1):
                yield _encode(published(parsed_record(path, number, line, _decode), hidden)) + b"\n"

    return content


def _verdicts(path: Path, *, hidden: bool) -> Content:
    def content() -> Iterator[bytes]:
        check_regular(path)
        with path.open("rb") as lines:
            if not hidden:
                yield from lines_of(lines)
                return
            for number, line in enumerate(lines, start=1):
                yield _encode(published_judgement(parsed_record(path, number, line, _decode))) + b"\n"

    return content
