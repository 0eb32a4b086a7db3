"""`ns prepare_data`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from northstar.cli.options.cluster_options import ClusterName, ConfigDir


def prepare_data(
    benchmarks: Annotated[
        list[str] | None, typer.Argument(help="Names of benchmarks, as --list shows them.", show_default=False)
    ] = None,
    list_: Annotated[bool, typer.Option("--list", help="List the benchmarks and their splits, and stop.")] = False,
    split: Annotated[
        str | None,
        typer.Option("--split", help="The split, of all that are named [dim](default: each one's own)[/dim]."),
    ] = None,
    data_dir: Annotated[
        Path | None,
        typer.Option(
            "--data_dir", help="Where the rows go [dim](default: NORTHSTAR_DATA_DIR, or the user's data folder)[/dim]."
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Download again, even if the source has changed.")] = False,
    extra_benchmarks: Annotated[
        list[Path] | None, typer.Option("--extra_benchmarks", help="A file, or folder, of your own benchmarks.")
    ] = None,
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
    cluster: ClusterName = "local",
    config_dir: ConfigDir = None,
) -> None:
    """Download benchmarks at pinned revisions and write their rows, with a manifest that says what they are.

    Example: ns prepare_data math-500 aime24 aime25
    """
    import sys

    from northstar.api.prepare import PreparedSplit
    from northstar.api.prepare import prepare_data as prepare
    from northstar.cli.remote import found_cluster
    from northstar.config.mounts import to_host
    from northstar.core.errors import UsageError
    from northstar.core.text import counted

    moves = to_host(found_cluster(cluster, config_dir).mounts, cluster)

    def moved(path: Path | None, option: str) -> Path | None:
        return None if path is None else Path(moves.path(str(path), option))

    data_dir = moved(data_dir, "--data_dir")
    scicode_given = moved(scicode_given, "--scicode_given")
    scicode_targets = moved(scicode_targets, "--scicode_targets")
    extra_benchmarks = [Path(moves.path(str(path), "--extra_benchmarks")) for path in extra_benchmarks or ()]
    if list_:
        _list(data_dir, extra_benchmarks or [])
        return
    if not benchmarks:
        raise UsageError("which benchmarks? ns prepare_data --list shows them all.")

    def report(split: PreparedSplit) -> None:
        state = "written" if split.fresh else "up to date"
        print(
            f"{split.manifest.benchmark}: {counted(split.manifest.rows, 'row')} in {split.path} ({state})", flush=True
        )

    prepare(
        ",".join(benchmarks),
        split=split,
        data_dir=data_dir,
        force=force,
        extra_benchmarks=extra_benchmarks or (),
        scicode_given=scicode_given,
        scicode_targets=scicode_targets,
        report=report,
        say=lambda line: print(line, file=sys.stderr, flush=True),
    )


def _list(data_dir: Path | None, extra: list[Path]) -> None:
    """One line a benchmark: name, what it is, splits, which of them ns eval takes by itself, which are prepared."""
    from northstar.benchmarks.registry import benchmark_names, find_benchmark, own_benchmarks
    from northstar.data.folder import data_folder, split_path

    folder = data_folder(data_dir)
    for name in [*benchmark_names(), *own_benchmarks(extra)]:
        benchmark = find_benchmark(name, extra)
        splits: list[str] = []
        for split in benchmark.splits:
            said = ["default"] if split == benchmark.default_split and len(benchmark.splits) > 1 else []
            said += ["prepared"] if split_path(folder, name, split).exists() else []
            splits.append(f"{split} ({', '.join(said)})" if said else split)
        print(f"{name:<13} {benchmark.about}; splits: {', '.join(splits)}")
    print(f"\nPrepared rows lie in {folder}")
