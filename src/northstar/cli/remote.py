"""Runs a command on its cluster over ssh, as typed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from northstar.config.cluster import Cluster
    from northstar.config.options.cluster import ClusterOptions

_argv: list[str] = []


def remember(argv: list[str]) -> None:
    """Keep the arguments of this command for `found_cluster`."""
    _argv[:] = argv


def found_cluster(where: ClusterOptions, *, soon: bool = False) -> Cluster:
    """Find the cluster; with an ssh_tunnel, run the command there and exit with its status. Raises UsageError.

    Args:
        where: Its name, and the folder of its config.
        soon: Give up where ssh does not connect in seconds.
    """
    from northstar.config.cluster import find_cluster

    cluster = find_cluster(where.cluster, where.config_dir)
    if cluster.file is not None:  # no config, nothing to check
        from northstar.executors.choice import executor_of

        executor_of(cluster)
    if cluster.ssh_tunnel is not None:
        from northstar.executors.ssh import run_there

        raise typer.Exit(run_there(cluster, _argv, soon=soon))
    return cluster


def existing_path(path: Path, cluster: Cluster, option: str = "") -> str:
    """Map a path inside a container to the host's; an existing host path is accepted, too. Raises UsageError."""
    from northstar.config.mounts import to_host
    from northstar.core.errors import UsageError

    try:
        return to_host(cluster.mounts, cluster.name).path(str(path), option)
    except UsageError:
        if path.exists():
            return str(path)
        raise
