"""`ns prepare_data`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from northstar.config.options.cluster import ClusterOptions
from northstar.config.options.preparing import PrepareOptions

if TYPE_CHECKING:
    from northstar.config.groups import AskedGroup
    from northstar.task.benchmark import Benchmark


def prepare_data(options: PrepareOptions, where: ClusterOptions) -> None:
    """Download benchmarks at pinned revisions and write their rows, with a manifest that says what they are.

    Example: ns prepare_data math-500 aime24 aime25
    """
    import sys

    from northstar.api.prepare import PreparedSplit
    from northstar.api.prepare import prepare_data as prepare
    from northstar.api.source_options import names_and_options
    from northstar.cli.remote import found_cluster
    from northstar.config.mounts import to_host
    from northstar.config.path_mapping import mapped_options
    from northstar.core.errors import UsageError
    from northstar.core.text import counted

    moves = to_host(found_cluster(where).mounts, where.cluster)
    options = mapped_options(options, moves)
    if options.list_:
        _list(options)
        return
    names, given = names_and_options(options.benchmarks)
    if not names:
        raise UsageError("which benchmarks? ns prepare_data --list shows them all.")

    if options.export is not None:
        _export(options, names, bool(given))
        return

    def report(split: PreparedSplit) -> None:
        state = "written" if split.fresh else "up to date"
        print(
            f"{split.manifest.benchmark}: {counted(split.manifest.rows, 'row')} in {split.path} ({state})", flush=True
        )

    prepare(
        names,
        split=options.split,
        data_dir=options.data_dir,
        force=options.force,
        extra_benchmarks=options.extra_benchmarks,
        options={
            name: {key: moves.path(path, f"++{name}.{key}") for key, path in each.items()}
            for name, each in given.items()
        },
        source=options.source,
        report=report,
        say=lambda line: print(line, file=sys.stderr, flush=True),
    )


def _export(options: PrepareOptions, names: list[str], has_settings: bool) -> None:
    """Write the archive of the files that the benchmarks are made from."""
    import sys

    from northstar.api.fetching.exporting import export_sources
    from northstar.core.errors import UsageError
    from northstar.core.text import counted, size_in_words

    assert options.export is not None
    if options.source is not None or has_settings:
        raise UsageError("--export fetches from the network: leave out --source and settings of benchmarks.")
    exported = export_sources(
        names,
        options.export,
        split=options.split,
        extra_benchmarks=options.extra_benchmarks,
        say=lambda line: print(line, file=sys.stderr, flush=True),
    )
    print(f"{exported.path}: {counted(exported.files, 'file')}, {size_in_words(exported.size)}")
    print(f"There: ns prepare_data {' '.join(exported.benchmarks)} --source={exported.path.name}")


def _list(options: PrepareOptions) -> None:
    """Print each family's benchmarks: description, licence, splits with their rows (default, prepared), settings."""
    from northstar.api.source_options import options_of
    from northstar.benchmarks.registry import benchmark_names, find_benchmark, own_benchmarks
    from northstar.data.folder import data_folder
    from northstar.groups.reading import about_group, group_names, read_group
    from northstar.task.benchmark import FAMILIES

    folder, extra = data_folder(options.data_dir), [Path(path) for path in options.extra_benchmarks]
    found = [find_benchmark(name, extra) for name in dict.fromkeys((*benchmark_names(), *own_benchmarks(extra)))]
    width = max(len(each.name) for each in found)
    families = dict.fromkeys(
        [*FAMILIES[:-1], *(each.family for each in found if each.family != FAMILIES[-1]), FAMILIES[-1]]
    )
    for family in families:
        mine = [each for each in found if each.family == family]
        if mine:
            print(family)
        for each in mine:
            splits = ", ".join(_split(each, split, folder) for split in each.splits.named)
            unpinned = "; unpinned" if each.is_unpinned else ""
            print(f"  {each.name:<{width}}  {each.about}; licence: {each.licence}{unpinned}; splits: {splits}")
            for setting, option in options_of(each.splits.named.values()).items():
                print(f"  {'':<{width}}  ++{each.name}.{setting}=PATH  {option.help}")
    print("groups")
    width = max(map(len, group_names()))
    for name in group_names():
        print(f"  {name:<{width}}  {about_group(name)}; members: {_members(read_group(name))}")
    print("\nOne split alone is NAME.SPLIT: ns prepare_data gpqa.main, ns eval --benchmarks=gpqa.main:4")
    print("unpinned: the commit is the hub's at the first download, which is recorded and taken from then on")
    print(f"Prepared rows are in {folder}")


def _members(group: AskedGroup) -> str:
    """Return the members of a group, with their seeds, as --benchmarks would have them."""
    there = ", ".join(f"{each.name}:{each.repeats}" if each.repeats else each.name for each in group.there)
    return there + (f"; absent: {', '.join(each.name for each in group.absent)}" if group.absent else "")


def _split(benchmark: Benchmark, split: str, folder: Path) -> str:
    """Return a split as the list shows it: test (30 rows, default, prepared)."""
    from northstar.core.text import counted
    from northstar.data.folder import split_path
    from northstar.data.manifest import read_manifest

    path = split_path(folder, benchmark.name, split)
    there = read_manifest(path) if path.exists() else None
    rows = benchmark.splits.rows.get(split) if there is None else there.rows
    marks = [] if rows is None else [counted(rows, "row")]
    marks += ["default"] if split == benchmark.splits.default and len(benchmark.splits.named) > 1 else []
    marks += ["prepared"] if path.exists() else []
    return f"{split} ({', '.join(marks)})" if marks else split
