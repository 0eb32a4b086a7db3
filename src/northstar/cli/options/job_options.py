"""How a run is cut into jobs, and what Slurm is told of them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

PANEL = "Jobs on Slurm"

NumJobs: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--num_jobs",
        help="Pack benchmarks and seeds into so many jobs; -1: one job each [dim](default: one a benchmark; on this "
        "machine always one)[/dim].",
        rich_help_panel=PANEL,
    ),
]
Expname: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--expname", help="The jobs' common name [dim](default: the output folder's)[/dim].", rich_help_panel=PANEL
    ),
]
RunAfter: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--run_after", help="Begin once these have succeeded: an --expname, or numbers of jobs.", rich_help_panel=PANEL
    ),
]
Partition: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--partition", help="In place of the cluster config's, of jobs that start a server.", rich_help_panel=PANEL
    ),
]
Qos: TypeAlias = Annotated[str | None, typer.Option("--qos", help="Quality of service.", rich_help_panel=PANEL)]
TimeMin: TypeAlias = Annotated[
    str | None,
    typer.Option("--time_min", help="The shortest time limit that a job may be given.", rich_help_panel=PANEL),
]
Exclusive: TypeAlias = Annotated[
    bool, typer.Option("--exclusive", help="Whole nodes for jobs that start a server.", rich_help_panel=PANEL)
]
SbatchKwargs: TypeAlias = Annotated[
    str | None,
    typer.Option("--sbatch_kwargs", help="More options of sbatch: 'mem=0 nice=10'.", rich_help_panel=PANEL),
]
DependentJobs: TypeAlias = Annotated[
    int,
    typer.Option(
        "--dependent_jobs",
        help="Copies of each job that go on one after the other, where jobs may not be queued again.",
        rich_help_panel=PANEL,
    ),
]
LogDir: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--log_dir", help="Where Slurm's logs go [dim](default: eval-logs of the output)[/dim].", rich_help_panel=PANEL
    ),
]
