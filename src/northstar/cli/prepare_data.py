"""`ns prepare_data`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def prepare_data(
    benchmarks: Annotated[
        list[str] | None, typer.Argument(help="Names of benchmarks, as --list shows them.", show_default=False)
    ] = None,
    list_: Annotated[bool, typer.Option("--list", help="List the benchmarks and their splits, and stop.")] = False,
    split: Annotated[
        str | None, typer.Option("--split", help="The split [dim](default: each benchmark's own)[/dim].")
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
) -> None:
    """Download benchmarks at pinned revisions and write their rows, with a manifest that says what they are.

    Example: ns prepare_data math-500 aime24 aime25
    """
    raise NotImplementedError
