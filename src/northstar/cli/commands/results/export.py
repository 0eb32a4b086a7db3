"""`ns export`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def export(
    path: Annotated[Path, typer.Argument(help="The output folder of ns eval.", show_default=False)],
    to: Annotated[str, typer.Option("--to", help="parquet, csv, inspect, wandb, mlflow or hf.", show_default=False)],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="A new folder for the files. Default: OUT-FORMAT, here.")
    ] = None,
    benchmarks: Annotated[
        str | None, typer.Option("--benchmarks", help="Only these benchmarks: aime24,math-500.")
    ] = None,
    include_gated: Annotated[
        bool,
        typer.Option(
            "--include_gated", help="Include records of benchmarks whose authors ask not to publish them (gpqa, hle)."
        ),
    ] = False,
    online: Annotated[
        bool, typer.Option("--online", help="wandb and mlflow: send the run to their server too.")
    ] = False,
    project: Annotated[str, typer.Option("--project", help="wandb's project, mlflow's experiment.")] = "northstar",
    extra_benchmarks: Annotated[
        list[Path] | None, typer.Option("--extra_benchmarks", help="A file or folder of your own benchmarks.")
    ] = None,
) -> None:
    """Write a run's records and numbers for another tool; the run itself stays as it is.

    Example: ns export out --to=parquet
    """
    import sys

    from northstar.core.text import printable
    from northstar.exporting.export import export as write

    done = write(
        path,
        to=to,
        output=output,
        benchmarks=benchmarks,
        include_gated=include_gated,
        online=online,
        project=project,
        extra_benchmarks=extra_benchmarks or (),
    )
    for note in done.notes:
        print(f"note: {printable(note)}", file=sys.stderr)
    for file in done.files:
        print(printable(str(file)))
    if to == "hf":
        print(
            "note: compare task_id with the dataset's eval.yaml; the files belong into the model's repository, and "
            "nothing was sent.",
            file=sys.stderr,
        )
    if to == "wandb" and not online:
        print(f"note: nothing was sent; wandb sync {printable(str(done.files[0]))} does it.", file=sys.stderr)
