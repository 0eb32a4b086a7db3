"""Where something runs, or lies; every command that works on a cluster has these."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from northstar.config.options.option import option
from northstar.core.paths import AnyPath

PANEL = "The cluster"


@dataclass(frozen=True, kw_only=True)
class ClusterOptions:
    """The cluster, and where its config lies."""

    cluster: str = option(
        "local",
        help="The name of a cluster config, which says where it runs and what is mounted; local: this machine.",
        panel=PANEL,
    )
    config_dir: AnyPath | None = option(
        None,
        help="The folder of cluster configs [dim](default: NORTHSTAR_CONFIG_DIR, ./cluster_configs, the user's config "
        "folder)[/dim].",
        panel=PANEL,
        typed=Path | None,
    )
