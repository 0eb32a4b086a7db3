"""`prepare_data`: `ns prepare_data` as a function."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from northstar.api.fetching.taking_in import taken_in
from northstar.api.fetching.up_to_date import has_changed, is_same_place, is_up_to_date
from northstar.api.source_options import SourceOptions, check_options, options_of
from northstar.benchmarks.choosing import choose, other_count, split_notes
from northstar.core.atomic import remove_abandoned, whole_file
from northstar.core.download.elsewhere import asking
from northstar.core.download.hub import Unreachable
from northstar.core.errors import NorthstarError
from northstar.core.lock import locked
from northstar.core.paths import AnyPath
from northstar.data.archives import missing_archives, unpack
from northstar.data.environment import make_environment
from northstar.data.folder import data_folder, split_path
from northstar.data.gathering import Gathering
from northstar.data.manifest import Manifest, manifest_path, read_manifest
from northstar.data.rows import valid_rows
from northstar.groups.expanding import absent_notes, expanded_names
from northstar.version import __version__

if TYPE_CHECKING:
    from northstar.sandbox.launch import Interpreter
    from northstar.task.benchmark import Benchmark


@dataclass(frozen=True)
class PreparedSplit:
    """A split on disk. fresh: whether this call wrote it; False if it was up to date."""

    path: Path
    manifest: Manifest
    fresh: bool


def _say_nothing(line: str) -> None:
    del line


def prepare_data(
    benchmarks: str | Sequence[str],
    *,
    split: str | None = None,
    data_dir: AnyPath | None = None,
    force: bool = False,
    extra_benchmarks: Sequence[AnyPath] = (),
    options: SourceOptions | None = None,
    source: AnyPath | None = None,
    report: Callable[[PreparedSplit], None] | None = None,
    say: Callable[[str], None] | None = None,
) -> list[PreparedSplit]:
    """Write the rows of each benchmark, with a manifest; splits that are up to date stay as they are.

    Args:
        benchmarks: Names of benchmarks or groups, as a list or separated by commas.
        split: The split to prepare; None for the default ones.
        data_dir: The folder of the data; None for the default.
        force: Fetch again, and accept a source that has changed.
        extra_benchmarks: Files of your own benchmarks.
        options: Benchmark → setting → path, for the settings that ns prepare_data --list shows.
        source: A folder of files that another machine fetched, or what ns prepare_data --export wrote there, in place
            of the network.
        report: Called as each split is ready.
        say: Called with notes and with what takes a while.

    Raises:
        UsageError: An argument is wrong.
        NorthstarError: Some benchmarks failed, all named at the end; the others are prepared.

    >>> northstar.prepare_data(["math-500", "aime24"])  # doctest: +SKIP
    """
    names = benchmarks.split(",") if isinstance(benchmarks, str) else benchmarks
    folder = data_folder(data_dir)
    extra = [Path(path).expanduser().absolute() for path in extra_benchmarks]
    wanted_names, groups = expanded_names([name.strip() for name in names], extra)
    found = choose(wanted_names.split(","), split, extra)
    chosen = [(each, wanted) for each in found for wanted in each.splits.to_prepare]
    given = check_options(options or {}, chosen, extra)
    say = say or _say_nothing
    for note in (*split_notes([(each.name, each.splits.default) for each in found], split), *absent_notes(groups)):
        say(f"note: {note}")
    with taken_in(source) as folder_elsewhere, asking(folder_elsewhere):
        return prepare_chosen(chosen, folder, force=force, options=given, report=report, say=say)


def prepare_chosen(
    chosen: Sequence[tuple[Benchmark, str]],
    data_dir: Path,
    *,
    force: bool = False,
    options: Mapping[str, Mapping[str, Path]] | None = None,
    report: Callable[[PreparedSplit], None] | None = None,
    say: Callable[[str], None] = _say_nothing,
) -> list[PreparedSplit]:
    """Prepare benchmarks, each with a split, and what their graders need; see `prepare_data`. Raises NorthstarError."""
    prepared: list[PreparedSplit] = []
    failures: list[str] = []
    unreached: dict[str, list[tuple[str, Unreachable]]] = {}
    for benchmark, wanted in chosen:
        try:
            mine = (options or {}).get(benchmark.whole_name, {})
            prepared.append(prepare_split(benchmark, wanted, data_dir, force=force, options=mine, say=say))
        except Unreachable as error:
            unreached.setdefault(error.place, []).append((benchmark.name, error))
        except NorthstarError as error:
            failures.append(f"{benchmark.name}: {error}")
        else:
            if report is not None:
                report(prepared[-1])
            if note := other_count(benchmark, prepared[-1].manifest):
                say(f"note: {note}")
    failures += map(_not_reached, unreached.values())
    failures += _make_helpers([benchmark for benchmark, _ in chosen], data_dir, say)
    failures += _make_environment([benchmark for benchmark, _ in chosen], say)
    if failures:
        raise NorthstarError("\n       ".join(failures))
    return prepared


def _not_reached(failed: Sequence[tuple[str, Unreachable]]) -> str:
    """Name what can't be reached, and the benchmarks that are therefore missing, in one sentence."""
    name, first = failed[0]
    if len(failed) == 1:
        return f"{name}: {first}"
    return f"{first.general} Not prepared: {', '.join(dict.fromkeys(name for name, _ in failed))}."


def prepare_split(
    benchmark: Benchmark,
    split: str,
    data_dir: Path,
    *,
    force: bool = False,
    options: Mapping[str, Path] | None = None,
    say: Callable[[str], None] = _say_nothing,
) -> PreparedSplit:
    """Write <data_dir>/<benchmark>/<split>.jsonl and its manifest, atomically. Raises NorthstarError."""
    path, source = split_path(data_dir, benchmark.whole_name, split), benchmark.source(split)
    there = None if force else read_manifest(path)
    mine = {name: value for name, value in (options or {}).items() if name in options_of([source])}
    if there is not None and not mine and is_up_to_date(path, there, source, data_dir):
        return PreparedSplit(path, there, fresh=False)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NorthstarError(f"cannot write to --data_dir={data_dir}: {error.strerror}.") from None
    with locked(path.with_name(f".{split}.lock"), f"{benchmark.name} ({path})", wait=True):
        there = None if force else read_manifest(path)  # another run may have prepared it meanwhile
        if there is not None and not mine and is_up_to_date(path, there, source, data_dir):
            return PreparedSplit(path, there, fresh=False)
        return _written(benchmark, split, data_dir, there, mine, force=force, say=say)


def _written(
    benchmark: Benchmark,
    split: str,
    data_dir: Path,
    there: Manifest | None,
    mine: Mapping[str, Path],
    *,
    force: bool,
    say: Callable[[str], None],
) -> PreparedSplit:
    """Gather the rows and write them, with their manifest. there: the manifest of rows that are to be replaced."""
    path, source = split_path(data_dir, benchmark.whole_name, split), benchmark.source(split)
    recorded = there.revision if there is not None and is_same_place(there, source) else None
    gathered = Gathering(benchmark.whole_name, data_dir, mine, say, force, recorded).gather(source)
    remove_abandoned(path.parent)
    with (
        whole_file(path) as rows,
        whole_file(manifest_path(path)) as manifest_file,
    ):  # write both before renaming either
        digest, count = hashlib.sha256(), 0
        parted_by = benchmark.parts.field if benchmark.parts is not None else None
        for count, line in enumerate(valid_rows(gathered.lines, benchmark.needs, parted_by), start=1):  # noqa: B007
            digest.update(line)
            rows.write(line)
        rows.flush()
        manifest = Manifest(
            benchmark=benchmark.whole_name,
            split=split,
            sha256=digest.hexdigest(),
            rows=count,
            date=datetime.now(UTC).isoformat(timespec="seconds"),
            northstar=__version__,
            **gathered.origin,
        )
        if there is not None and is_same_place(there, source) and has_changed(there, manifest, mine):
            raise NorthstarError(
                f"the source of {benchmark.name} has changed since {there.date[:10]}; "
                "--force takes the new one, but its results can't be compared with earlier ones."
            )
        manifest_file.write(manifest.to_json())
    return PreparedSplit(path, manifest, fresh=True)


def _make_helpers(benchmarks: Sequence[Benchmark], data_dir: Path, say: Callable[[str], None]) -> list[str]:
    """The environments of the benchmarks' helpers, with what their packages read. Returns what went wrong."""
    failures: list[str] = []
    environments = {each.helper.environment: each.whole_name for each in benchmarks if each.helper is not None}
    for environment, name in environments.items():
        try:
            folder = make_environment(environment, data_dir)
            for archive in missing_archives(environment.archives, folder):
                try:
                    unpack(archive, folder)
                except NorthstarError as error:
                    say(f"note: {name}: {error} What needs it stays ungraded until ns prepare_data {name} has it.")
        except NorthstarError as error:
            failures.append(f"{name}: {error}")
    return failures


def _make_environment(benchmarks: Sequence[Benchmark], say: Callable[[str], None]) -> list[str]:
    """The packages for programs, where one of the benchmarks runs some. Returns what went wrong, where it matters."""
    wanted = {benchmark.programs: benchmark.whole_name for benchmark in benchmarks}
    if not {"may import", "import"} & wanted.keys():
        return []
    from northstar.sandbox import environment

    try:
        interpreter = environment.make_environment(say)
    except NorthstarError as error:
        if "import" in wanted:
            return [f"{wanted['import']}: {error}"]
        say(f"note: {wanted['may import']}: {error} Programs that import them will fail.")
    else:
        _check_sandbox(interpreter, say)
    return []


def _check_sandbox(interpreter: Interpreter, say: Callable[[str], None]) -> None:
    """Report what would stop a run on this machine, by the check that a run makes."""
    from northstar.sandbox.environment import PACKAGES, missing_packages
    from northstar.sandbox.tiers import choose

    try:
        with ThreadPoolExecutor(1) as apart:  # a notebook's thread already runs a loop
            tier = apart.submit(asyncio.run, choose("auto", interpreter, PACKAGES)).result()
    except NorthstarError as error:
        say(f"note: runs on this machine would be refused: {error}")
    else:
        if tier.lacks:
            say(f"note: {missing_packages(tier.lacks)}")
