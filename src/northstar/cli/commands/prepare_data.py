"""`ns prepare_data`."""

from __future__ import annotations

from pathlib import Path

from northstar.config.options.cluster import ClusterOptions
from northstar.config.options.preparing import PrepareOptions


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
        report=report,
        say=lambda line: print(line, file=sys.stderr, flush=True),
    )


def _list(options: PrepareOptions) -> None:
    """Print each benchmark: name, description, splits (default, prepared) and settings."""
    from northstar.api.source_options import options_of
    from northstar.benchmarks.registry import benchmark_names, find_benchmark, own_benchmarks
    from northstar.data.folder import data_folder, split_path

    folder, extra = data_folder(options.data_dir), [Path(path) for path in options.extra_benchmarks]
    for name in [*benchmark_names(), *own_benchmarks(extra)]:
        benchmark = find_benchmark(name, extra)
        splits: list[str] = []
        for split in benchmark.splits.named:
            marks = ["default"] if split == benchmark.splits.default and len(benchmark.splits.named) > 1 else []
            marks += ["prepared"] if split_path(folder, name, split).exists() else []
            splits.append(f"{split} ({', '.join(marks)})" if marks else split)
        print(f"{name:<13} {benchmark.about}; splits: {', '.join(splits)}")
        for setting, option in options_of(benchmark.splits.named.values()).items():
            print(f"{'':<13} ++{name}.{setting}=PATH  {option.help}")
    print("\nOne split alone is NAME.SPLIT: ns prepare_data gpqa.main, ns eval --benchmarks=gpqa.main:4")
    print(f"Prepared rows are in {folder}")
