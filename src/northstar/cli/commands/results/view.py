"""`ns view`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from northstar.config.options.cluster import ClusterOptions


def view(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="OUT [OTHER]...",
            help="Output folders of ns eval: one, or several to compare row by row; OUT@NAME for the grades that ns "
            "regrade OUT --name=NAME made.",
            show_default=False,
        ),
    ],
    port: Annotated[
        int | None, typer.Option("--port", help="Default: 7575, or any that is free.", show_default=False)
    ] = None,
    no_open: Annotated[bool, typer.Option("--no_open", help="Only print the address, open no browser.")] = False,
    extra_benchmarks: Annotated[
        list[Path] | None, typer.Option("--extra_benchmarks", help="A file or folder of your own benchmarks.")
    ] = None,
    *,
    where: ClusterOptions,
) -> None:
    """Show every sample of a run in the browser: prompts, answers, verdicts; also while it goes on.

    Serves pages on this machine alone, at an address with a token, until Ctrl-C. Example: ns view out
    """
    from northstar.cli.remote import existing_path, found_cluster
    from northstar.viewing.serving import serve

    found = found_cluster(where)
    extra = [Path(existing_path(each, found, "--extra_benchmarks")).absolute() for each in extra_benchmarks or ()]
    serve([Path(existing_path(path, found)) for path in paths], port=port, open_browser=not no_open, extra=extra)
