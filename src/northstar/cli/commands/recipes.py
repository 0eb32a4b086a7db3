"""`ns recipes`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def recipes(
    name: Annotated[
        str | None,
        typer.Argument(help="Show this one: a recipe's name, or your own YAML file, perhaps with a run: NAME:RUN."),
    ] = None,
    extra_benchmarks: Annotated[
        list[Path] | None, typer.Option("--extra_benchmarks", help="A file or folder of your own benchmarks.")
    ] = None,
) -> None:
    """List the recipes: how published numbers were made, and the numbers. With a name, show that one.

    Example: ns recipes nemotron-nano-9b-v2
    """
    from northstar.core.text import printable
    from northstar.recipes.listing import described, listed

    extra = [path.expanduser().absolute() for path in extra_benchmarks or ()]
    print(printable(listed() if name is None else described(name, extra)), flush=True)
