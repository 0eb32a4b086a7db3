"""Commands whose cluster is reached by ssh are run there, as they were typed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from northstar.config.cluster import Cluster
    from northstar.config.options.cluster import ClusterOptions

_words: list[str] = []


def remember(words: list[str]) -> None:
    """The words of this command line, for `found_cluster`."""
    _words[:] = words


def found_cluster(where: ClusterOptions) -> Cluster:
    """The cluster. One with an ssh_tunnel gets the whole command, and this one exits as that did. Raises UsageError."""
    from northstar.config.cluster import find_cluster

    cluster = find_cluster(where.cluster, where.config_dir)
    if cluster.file is not None:  # else there is nothing to check
        from northstar.executors.choice import executor_of

        executor_of(cluster)
    if cluster.ssh_tunnel is not None:
        from northstar.executors.ssh import run_there

        raise typer.Exit(run_there(cluster, _words))
    return cluster


def existing_path(path: Path, cluster: Cluster, option: str = "") -> str:
    """The host's path of something that commands call as it is inside; its own path on the host is as good."""
    from northstar.config.mounts import to_host
    from northstar.core.errors import UsageError

    try:
        return to_host(cluster.mounts, cluster.name).path(str(path), option)
    except UsageError:
        if path.exists():
            return str(path)
        raise
