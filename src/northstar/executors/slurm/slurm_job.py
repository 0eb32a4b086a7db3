"""Builds a job's sbatch options and script from the arranged job, its placement and the user's options. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from pathlib import Path

from northstar.config.cluster import Cluster, is_time
from northstar.config.options.jobs import Argument, JobOptions
from northstar.config.plan import ServerPlan
from northstar.core.errors import UsageError
from northstar.executors.placement import WORKER, Placement, ranks_a_node
from northstar.executors.slurm.slurm import comment
from northstar.executors.slurm.slurm_script import SIGNAL_SECONDS, Script, Step
from northstar.jobs.arrangement import Arranged
from northstar.servers.server import is_hosted


def script_of(
    arranged: Arranged, placement: Placement, options: Sequence[tuple[str, Argument]], environment: Collection[str]
) -> Script:
    """Build the job's script. options: from `sbatch_options`. environment: names of the variables it needs."""
    cluster, server = placement.cluster, arranged.server
    return Script(
        about=[*arranged.about, "By hand: sbatch, with this file. What is done is not asked again."],
        options=options,
        environment=environment,
        folder=placement.folder,
        worker=Step(command=placement.worker_command(), inside=placement.inside(WORKER), runtime=runtime_of(cluster)),
        server=None if server is None else _server_step(server, placement),
    )


def sbatch_options(
    arranged: Arranged, cluster: Cluster, folder: Path, options: JobOptions, *, expname: str, depends: str
) -> list[tuple[str, Argument]]:
    """Return sbatch's options by their long names. folder: the job's. depends: its --dependency, '' for none."""
    server = arranged.server
    partition = options.sbatch.get("partition") or partition_of(arranged, cluster, options)
    limit = str(options.sbatch.get("time") or cluster.time_limit(str(partition)) or "") or None
    chosen: dict[str, Argument] = {
        "job-name": f"{cluster.job_name_prefix}{expname}-{arranged.name}",
        "comment": comment(expname),
        "account": cluster.account,
        "partition": partition,
        "qos": options.qos,
        "nodes": 1 if server is None else server.nodes,
        "ntasks-per-node": 1 if server is None else ranks_a_node(server),
        "gpus-per-node": (server.gpus or None) if server is not None else None,
        "cpus-per-task": cluster.cpus_per_task if arranged.shards else None,
        "time": limit,
        "time-min": options.time_min,
        "exclusive": True if options.exclusive and server is not None else None,
        "dependency": depends or None,
        "kill-on-invalid-dep": "yes" if depends else None,
        "signal": f"B:USR1@{signal_seconds(limit)}",
        "requeue": True,
        "open-mode": "append",
        "output": log_pattern(folder, options, expname, arranged.name),
    }
    chosen |= options.sbatch
    return [(name, value) for name, value in chosen.items() if value is not None and value is not False]


def partition_of(arranged: Arranged, cluster: Cluster, options: JobOptions) -> str | None:
    """Return the job's partition: the CPU partition, if there is one, for jobs that need no GPUs."""
    needs_gpus = arranged.server is not None and arranged.server.gpus != 0
    if not needs_gpus and cluster.cpu_partition is not None:
        return cluster.cpu_partition
    return options.partition or cluster.partition


def check_gpus(server: ServerPlan, cluster: Cluster, options: JobOptions) -> None:
    """Raise UsageError if a hosted server names no number of GPUs, or more than a node has."""
    if not is_hosted(server):
        return
    option = server.option("server_gpus")
    if server.gpus is None and not any(name.startswith(("gpus", "gres", "tres")) for name in options.sbatch):
        raise UsageError(
            f"{option} is missing: a job on {cluster.name} gets the GPUs that it asks for and no others. Say how many "
            f"{server.type} takes on each node; {option}=0 is the CPU."
        )
    if cluster.gpus_per_node is not None and (server.gpus or 0) > cluster.gpus_per_node:
        raise UsageError(
            f"{option}={server.gpus}, but a node of cluster {cluster.name} has "
            f"{cluster.gpus_per_node} (gpus_per_node in {cluster.file}); {server.option('server_nodes')} takes more."
        )


def log_pattern(folder: Path, options: JobOptions, expname: str, name: str) -> str:
    """Return the pattern of the job's log file; %j is its id. Percent signs of the path are doubled."""
    if options.log_dir is not None:
        return f"{_escaped(Path(options.log_dir))}/{expname}-{name}-%j.log"
    return f"{_escaped(folder)}/slurm-%j.log"


def signal_seconds(limit: str | None) -> int:
    """Return how many seconds before its time limit a job gets the signal: 300, or a fifth of a short limit.

    Slurm sends a signal that is due before the job's start at once. UNLIMITED counts as a long limit.
    """
    seconds = None if limit is None or not is_time(limit) else limit_seconds(limit)
    return SIGNAL_SECONDS if seconds is None else max(30, min(SIGNAL_SECONDS, seconds // 5))


def limit_seconds(limit: str) -> int:
    """Parse a time limit like sbatch: '30' (minutes), '30:00', '4:00:00', '1-12', '1-12:00', '1-12:00:00'."""
    days, dash, rest = limit.rpartition("-")
    parts = [int(part) for part in rest.split(":")]
    if dash:
        hours, minutes, seconds = [*parts, 0, 0][:3]
        return ((int(days) * 24 + hours) * 60 + minutes) * 60 + seconds
    hours, minutes, seconds = {1: [0, parts[0], 0], 2: [0, *parts], 3: parts}[len(parts)]
    return (hours * 60 + minutes) * 60 + seconds


def dependency(waits: Sequence[str], after: Sequence[str], *, any_ending: bool) -> str:
    """Return sbatch's --dependency. waits: ids of other submissions' jobs. after: ids of this submission's."""
    parts = ["afterok:" + ":".join(waits)] if waits else []
    if after:
        parts.append(("afterany:" if any_ending else "afterok:") + ":".join(after))
    return ",".join(parts)


def _server_step(server: ServerPlan, placement: Placement) -> Step:
    return Step(
        command=placement.step_command(server),
        nodes=server.nodes,
        ranks_a_node=ranks_a_node(server),
        inside=placement.inside(server.type, gpus=server.gpus != 0),
        runtime=runtime_of(placement.cluster),
        mpi=ranks_a_node(server) > 1,
    )


def runtime_of(cluster: Cluster) -> str:
    """Return the container runtime of the cluster's jobs."""
    return cluster.container_runtime or "pyxis"


def _escaped(path: Path) -> str:
    return re.sub("%", "%%", str(path))
