"""`ns plan`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from northstar.config.options.cluster import ClusterOptions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from northstar.costs.bill import Bill


def plan(
    output_dir: Annotated[
        Path | None,
        typer.Argument(
            help="An output folder of ns eval, whose spread over seeds and rows is used.", show_default=False
        ),
    ] = None,
    detect: Annotated[float, typer.Option("--detect", help="The difference to detect, in points.")] = 1.0,
    benchmarks: Annotated[
        str | None, typer.Option("--benchmarks", help="Only these benchmarks: aime24,math-500.")
    ] = None,
    published: Annotated[
        str | None,
        typer.Option(
            "--published",
            help="Published values to compare with, as seeds, pass@1 and pass@k in percent: "
            "aime24:16=88.54/93.33. Without a folder, the plan is made from these alone.",
        ),
    ] = None,
    tokens_per_second: Annotated[
        float | None,
        typer.Option(
            "--tokens_per_second",
            min=0.001,
            help="Tokens per second of the whole server [dim](default: the run's)[/dim].",
        ),
    ] = None,
    tokens_per_generation: Annotated[
        float | None,
        typer.Option(
            "--tokens_per_generation", min=0, help="Tokens of one generation [dim](default: the run's)[/dim]."
        ),
    ] = None,
    gpus: Annotated[int | None, typer.Option("--gpus", min=1, help="GPUs of the server, for GPU hours.")] = None,
    data_dir: Annotated[Path | None, typer.Option("--data_dir", help="Where the prepared rows are.")] = None,
    extra_benchmarks: Annotated[
        list[Path] | None, typer.Option("--extra_benchmarks", help="A file or folder of your own benchmarks.")
    ] = None,
    format_: Annotated[str, typer.Option("--format", help="text or json.")] = "text",
    *,
    where: ClusterOptions,
) -> None:
    """Say how many seeds tell a difference at 80 % power, and what they cost in tokens and hours.

    Example: ns plan out --detect=1.0 --gpus=8
    """
    import json
    import sys

    from northstar.cli.remote import existing_path, found_cluster
    from northstar.comparison.planning import plan_seeds
    from northstar.comparison.published import parse_published
    from northstar.comparison.spread import published_spreads, spreads_of
    from northstar.core.errors import UsageError, did_you_mean
    from northstar.core.text import printable
    from northstar.data.folder import data_folder

    if format_ not in ("text", "json"):
        known = ("text", "json")
        raise UsageError(f"unknown --format '{format_}'.{did_you_mean(format_, known)} It may be text or json.")
    found = found_cluster(where)
    extra = [Path(existing_path(each, found, "--extra_benchmarks")).absolute() for each in extra_benchmarks or ()]
    values = parse_published(published)
    wanted = None if benchmarks is None else [name.strip() for name in benchmarks.split(",")]
    if output_dir is not None:
        spreads = spreads_of(Path(existing_path(output_dir, found)).absolute(), wanted, extra)
    elif values:
        spreads = published_spreads(values, wanted, data_folder(data_dir), extra, tokens_per_generation)
    else:
        raise UsageError("name the --output_dir of an ns eval, or published values: --published=aime24:16=88.54/93.33.")
    again = (
        None if output_dir is None else _again(Path(existing_path(output_dir, found)), wanted, gpus, tokens_per_second)
    )
    planned = plan_seeds(spreads, values, detect, tokens_per_second=tokens_per_second, gpus=gpus)
    for note in planned.notes:
        print(f"note: {printable(note)}", file=sys.stderr)
    if format_ == "json":
        cost = {} if again is None else {"again": again.as_json()}
        print(json.dumps({**planned.as_json(), **cost}, indent=2), flush=True)
        return
    print(printable(planned.text()), flush=True)
    if again is not None and again.gpus:
        print(f"\nthis run again: {printable(again.text())}", flush=True)


def _again(output_dir: Path, wanted: Sequence[str] | None, gpus: int | None, tokens_per_second: float | None) -> Bill:
    """What the same results would cost once more."""
    from northstar.costs.expected import repeated_bill
    from northstar.reports.summarize import benchmark_folders
    from northstar.results.layout import output_dir_of

    folders = benchmark_folders(output_dir.absolute(), wanted)
    return repeated_bill(output_dir_of(folders[0]) or output_dir.absolute(), folders, gpus, tokens_per_second)
