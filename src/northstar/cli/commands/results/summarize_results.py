"""`ns summarize_results`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from northstar.config.options.cluster import ClusterOptions


def summarize_results(
    paths: Annotated[
        list[Path],
        typer.Argument(help="Output folders, their eval-results, or folders of one benchmark.", show_default=False),
    ],
    benchmarks: Annotated[
        str | None,
        typer.Option(
            "--benchmarks", help="Only these, in this order: aime24,math-500; a group stands for its members."
        ),
    ] = None,
    max_samples: Annotated[
        int | None, typer.Option("--max_samples", help="Only the first rows of each; writes no metrics.json.")
    ] = None,
    extra_benchmarks: Annotated[
        list[Path] | None, typer.Option("--extra_benchmarks", help="A file or folder of your own benchmarks.")
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", help="Also print tables of a benchmark's subsets.")] = False,
    majority: Annotated[
        str,
        typer.Option(
            "--majority",
            help="What majority@k counts in judged answers: answer, or answer-and-verdict as NeMo-Skills does.",
        ),
    ] = "answer",
    recipe: Annotated[
        str | None,
        typer.Option(
            "--recipe",
            help="Also say whether it agrees with published values: a recipe by name, or a YAML file, and its run: "
            "NAME:RUN. See ns recipes.",
        ),
    ] = None,
    margin: Annotated[
        float, typer.Option("--margin", help="With --recipe: the largest difference that doesn't matter, in points.")
    ] = 1.0,
    partial_groups: Annotated[
        bool,
        typer.Option(
            "--partial_groups", help="Aggregate groups with missing members too, over the members that are there."
        ),
    ] = False,
    format_: Annotated[str, typer.Option("--format", help="text, json, markdown or csv.")] = "text",
    *,
    where: ClusterOptions,
) -> None:
    """Compute the metrics of finished outputs, write metrics.json, print the tables.

    Example: ns summarize_results out/eval-results/{gpqa,aime24}
    """
    import sys

    from northstar.cli.remote import existing_path, found_cluster
    from northstar.core.errors import NorthstarError, UsageError, did_you_mean
    from northstar.core.text import printable
    from northstar.recipes.reading import chosen_run
    from northstar.recipes.tables import with_verdicts
    from northstar.recipes.verdicts import judge_run
    from northstar.reports.summarize import summarize_results as summarize
    from northstar.reports.summary import joined

    forms = ("text", "json", "markdown", "csv")
    if format_ not in forms:
        raise UsageError(f"unknown --format '{format_}'.{did_you_mean(format_, forms)} It may be {', '.join(forms)}.")
    if recipe is not None and (len(paths) > 1 or format_ == "csv" or max_samples is not None):
        raise UsageError("--recipe takes one folder, all of its rows, and --format=text, markdown or json.")
    found = found_cluster(where)
    extra = [existing_path(each, found, "--extra_benchmarks") for each in extra_benchmarks or ()]
    own = [Path(each).absolute() for each in extra]
    chosen = None if recipe is None else chosen_run(recipe, own)
    summaries = {
        str(path): summarize(
            existing_path(path, found),
            benchmarks=benchmarks,
            max_samples=max_samples,
            verbose=verbose,
            extra_benchmarks=extra,
            majority=majority,
            partial_groups=partial_groups,
        )
        for path in paths
    }
    for note in dict.fromkeys(note for summary in summaries.values() for note in summary.notes):
        print(f"note: {printable(note)}", file=sys.stderr)
    if chosen is None:
        said = joined(summaries, format_)
    else:
        judged = judge_run(existing_path(paths[0], found), chosen, margin=margin, extra=own)
        for note in judged.notes:
            print(f"note: {printable(note)}", file=sys.stderr)
        said = with_verdicts(next(iter(summaries.values())), judged, format_)
    print(printable(said), flush=True)
    failures = [failure for summary in summaries.values() for failure in summary.failures]
    if failures:
        raise NorthstarError(" ".join(failures))
