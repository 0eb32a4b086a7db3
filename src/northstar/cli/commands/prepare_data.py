"""`ns prepare_data`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from northstar.config.options.cluster import ClusterOptions
from northstar.config.options.preparing import PrepareOptions


def prepare_data(
    options: PrepareOptions,
    scicode_given: Annotated[
        Path | None,
        typer.Option(
            "--scicode_given",
            help="Folder with 13.6.txt, 62.1.txt and 76.3.txt, the code that SciCode's authors give "
            "[dim](default: fetched from their repository)[/dim].",
        ),
    ] = None,
    scicode_targets: Annotated[
        Path | None,
        typer.Option("--scicode_targets", help="SciCode's test_data.h5 [dim](default: fetched, 1 GB)[/dim]."),
    ] = None,
    *,
    where: ClusterOptions,
) -> None:
    """Download benchmarks at pinned revisions and write their rows, with a manifest that says what they are.

    Example: ns prepare_data math-500 aime24 aime25
    """
    import sys

    from northstar.api.prepare import PreparedSplit
    from northstar.api.prepare import prepare_data as prepare
    from northstar.cli.remote import found_cluster
    from northstar.config.mounts import to_host
    from northstar.config.path_mapping import mapped_options
    from northstar.core.errors import UsageError
    from northstar.core.text import counted

    moves = to_host(found_cluster(where).mounts, where.cluster)

    def moved(path: Path | None, option: str) -> Path | None:
        return None if path is None else Path(moves.path(str(path), option))

    scicode_given = moved(scicode_given, "--scicode_given")
    scicode_targets = moved(scicode_targets, "--scicode_targets")
    options = mapped_options(options, moves)
    if options.list_:
        _list(options)
        return
    if not options.benchmarks:
        raise UsageError("which benchmarks? ns prepare_data --list shows them all.")

    def report(split: PreparedSplit) -> None:
        state = "written" if split.fresh else "up to date"
        print(
            f"{split.manifest.benchmark}: {counted(split.manifest.rows, 'row')} in {split.path} ({state})", flush=True
        )

    prepare(
        options.benchmarks,
        split=options.split,
        data_dir=options.data_dir,
        force=options.force,
        extra_benchmarks=options.extra_benchmarks,
        scicode_given=scicode_given,
        scicode_targets=scicode_targets,
        report=report,
        say=lambda line: print(line, file=sys.stderr, flush=True),
    )


def _list(options: PrepareOptions) -> None:
    """One line a benchmark: name, what it is, splits, which of them ns eval takes by itself, which are prepared."""
    from northstar.benchmarks.registry import benchmark_names, find_benchmark, own_benchmarks
    from northstar.data.folder import data_folder, split_path

    folder, extra = data_folder(options.data_dir), [Path(path) for path in options.extra_benchmarks]
    for name in [*benchmark_names(), *own_benchmarks(extra)]:
        benchmark = find_benchmark(name, extra)
        splits: list[str] = []
        for split in benchmark.splits:
            said = ["default"] if split == benchmark.default_split and len(benchmark.splits) > 1 else []
            said += ["prepared"] if split_path(folder, name, split).exists() else []
            splits.append(f"{split} ({', '.join(said)})" if said else split)
        print(f"{name:<13} {benchmark.about}; splits: {', '.join(splits)}")
    print("\nOne split alone is NAME.SPLIT: ns prepare_data gpqa.main, ns eval --benchmarks=gpqa.main:4")
    print(f"Prepared rows lie in {folder}")
