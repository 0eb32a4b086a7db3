"""The options that say where something runs, or lies; every command that works on a cluster has them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

PANEL = "The cluster"

ClusterName: TypeAlias = Annotated[
    str,
    typer.Option(
        "--cluster",
        help="The name of a cluster config, which says where it runs and what is mounted; local: this machine.",
        rich_help_panel=PANEL,
    ),
]
ConfigDir: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--config_dir",
        help="The folder of cluster configs [dim](default: NORTHSTAR_CONFIG_DIR, ./cluster_configs, the user's config "
        "folder)[/dim].",
        rich_help_panel=PANEL,
    ),
]
