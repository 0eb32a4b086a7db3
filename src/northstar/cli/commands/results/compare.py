"""`ns compare`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from northstar.config.options.cluster import ClusterOptions


def compare(
    paths: Annotated[
        list[Path],
        typer.Argument(
            help="Output folders of ns eval: the base, then what to compare with it; OUT@NAME for the grades that ns "
            "regrade OUT --name=NAME made.",
            show_default=False,
        ),
    ],
    benchmarks: Annotated[
        str | None, typer.Option("--benchmarks", help="Only these benchmarks: aime24,math-500.")
    ] = None,
    gate: Annotated[
        Path | None,
        typer.Option(
            "--gate",
            help="A policy: how far each score may drop. Exits with 0 if the new run passes, 1 if it is a regression, "
            "3 if the rows can't tell.",
        ),
    ] = None,
    extra_benchmarks: Annotated[
        list[Path] | None, typer.Option("--extra_benchmarks", help="A file or folder of your own benchmarks.")
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", help="List all rows that changed, by id.")] = False,
    format_: Annotated[str, typer.Option("--format", help="text, json, markdown or csv.")] = "text",
    *,
    where: ClusterOptions,
) -> None:
    """Compare runs row by row: differences with their intervals, what changed, and what was asked otherwise.

    Example: ns compare out/base out/new --gate=policy.yaml
    """
    import sys

    from northstar.cli.remote import existing_path, found_cluster
    from northstar.comparison.compare import compare as compared
    from northstar.comparison.gate import overall, read_policy, rulings
    from northstar.comparison.tables import FORMS
    from northstar.core.errors import UsageError, did_you_mean
    from northstar.core.text import printable

    if format_ not in FORMS:
        raise UsageError(f"unknown --format '{format_}'.{did_you_mean(format_, FORMS)} It may be {', '.join(FORMS)}.")
    found = found_cluster(where)
    policy = None if gate is None else read_policy(Path(existing_path(gate, found, "--gate")))
    extra = [existing_path(each, found, "--extra_benchmarks") for each in extra_benchmarks or ()]
    comparisons = compared(
        [existing_path(path, found) for path in paths], benchmarks=benchmarks, extra_benchmarks=extra
    )
    ruled = [] if policy is None else rulings(policy, comparisons)
    print(printable(FORMS[format_](comparisons, ruled, verbose=verbose)), flush=True)
    if ruled and (outcome := overall(ruled)).value:
        print(f"{outcome.name.lower()}: see the policy's table.", file=sys.stderr)
        raise typer.Exit(outcome.value)
