"""`ns status`, `ns logs` and `ns cancel`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from northstar.config.options.cluster import ClusterOptions
from northstar.core.text import counted, printable

if TYPE_CHECKING:
    from northstar.reports.status_table import Status

WATCH_SECONDS = 10.0

OutputDir: TypeAlias = Annotated[Path, typer.Argument(help="The output folder of ns eval.", show_default=False)]
Which: TypeAlias = Annotated[
    str | None,
    typer.Argument(metavar="[SHARD]", help="aime24, aime24:3, a job's name or its number.", show_default=False),
]


def status(
    output_dir: OutputDir,
    watch: Annotated[bool, typer.Option("--watch", help="Print again every 10 s until all jobs have ended.")] = False,
    format_: Annotated[str, typer.Option("--format", help="text or json.")] = "text",
    *,
    where: ClusterOptions,
) -> None:
    """Show the state of every benchmark and seed: rows done, tokens a second, time left, jobs, and why one failed.

    Reads small files of the output folder, and asks Slurm if jobs run there; works on any machine that sees the folder.
    """
    import sys
    import time

    from northstar.api.watching import status as status_of
    from northstar.cli.remote import existing_path, found_cluster
    from northstar.core.errors import UsageError, did_you_mean

    if format_ not in ("text", "json"):
        known = ("text", "json")
        raise UsageError(f"unknown --format '{format_}'.{did_you_mean(format_, known)} It may be text or json.")
    folder = existing_path(output_dir, found_cluster(where))
    found = status_of(folder)
    while watch and found.active:
        _show(found, format_, clear=sys.stdout.isatty())
        time.sleep(WATCH_SECONDS)
        found = status_of(folder)
    _show(found, format_, clear=watch and sys.stdout.isatty())


def logs(
    output_dir: OutputDir,
    shard: Which = None,
    lines: Annotated[
        int, typer.Option("--lines", "-n", min=0, help="Lines to show of each log; 0: only their paths.")
    ] = 40,
    *,
    where: ClusterOptions,
) -> None:
    """Show the end of a job's logs: the last that failed, else the last that began, or the one you name."""
    from northstar.api.watching import logs as logs_of
    from northstar.cli.remote import existing_path, found_cluster
    from northstar.servers.hosting.server_log import log_end

    for file in logs_of(existing_path(output_dir, found_cluster(where)), shard):
        print(f"==> {file}")
        for line in log_end(file, lines):
            print(printable(line))


def cancel(
    output_dir: OutputDir,
    shard: Which = None,
    whole_job: Annotated[
        bool, typer.Option("--whole_job", help="Cancel the job even if it has other work than SHARD.")
    ] = False,
    *,
    where: ClusterOptions,
) -> None:
    """Cancel the pending and running jobs of an output folder. Finished work is kept; ns eval continues from it."""
    from northstar.api.watching import cancel as cancel_jobs
    from northstar.cli.remote import existing_path, found_cluster

    folder = existing_path(output_dir, found_cluster(where))
    ended = cancel_jobs(folder, shard, whole_job=whole_job)
    print(f"{counted(len(ended), 'job')} cancelled: {' '.join(ended)}" if ended else "No job is pending or running.")


def _show(found: Status, format_: str, *, clear: bool) -> None:
    import json
    import shutil

    from northstar.reports.status_table import status_text

    if format_ == "json":
        print(json.dumps(found.as_json(), indent=2), flush=True)
        return
    text = printable(status_text(found, shutil.get_terminal_size((120, 40)).columns))
    print(("\x1b[H\x1b[2J" if clear else "") + text, flush=True)  # --watch may go through a pipe, as over ssh
