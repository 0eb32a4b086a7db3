"""`ns report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def report(
    paths: Annotated[
        list[Path],
        typer.Argument(help="The output folder of ns eval, then those to compare it with.", show_default=False),
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="The file to write. Default: report.html, here; markdown is printed."),
    ] = None,
    format_: Annotated[str, typer.Option("--format", help="html or markdown.")] = "html",
    samples: Annotated[int, typer.Option("--samples", help="How many samples of each benchmark to show, in HTML.")] = 6,
    benchmarks: Annotated[
        str | None, typer.Option("--benchmarks", help="Only these benchmarks: aime24,math-500.")
    ] = None,
    recipe: Annotated[
        str | None,
        typer.Option(
            "--recipe", help="Also say whether it agrees with the published values of NAME:RUN; see ns recipes."
        ),
    ] = None,
    margin: Annotated[
        float, typer.Option("--margin", help="With --recipe: the largest difference that doesn't matter, in points.")
    ] = 1.0,
    include_gated: Annotated[
        bool,
        typer.Option(
            "--include_gated", help="Include samples of benchmarks whose authors ask not to publish them (gpqa, hle)."
        ),
    ] = False,
    extra_benchmarks: Annotated[
        list[Path] | None, typer.Option("--extra_benchmarks", help="A file or folder of your own benchmarks.")
    ] = None,
) -> None:
    """Write a run as one file to hand on: tables, charts, settings and samples, beside other runs if you name some.

    Example: ns report out/new out/base -o report.html
    """
    from northstar.core.errors import NorthstarError
    from northstar.pages.report.report import report as make

    place = Path("report.html") if output is None and format_ == "html" else output
    made = make(
        list(paths),
        output=place,
        form=format_,
        samples=samples,
        benchmarks=benchmarks,
        recipe=recipe,
        margin=margin,
        include_gated=include_gated,
        extra_benchmarks=extra_benchmarks or (),
    )
    print(made.markdown() if place is None else place, flush=True)
    if made.failures:
        raise NorthstarError(" ".join(made.failures))
