"""Checks the Slurm entries of a cluster config."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from northstar.config.cluster import Cluster, is_time
from northstar.config.options.jobs import JobOptions
from northstar.config.plan import ServerPlan
from northstar.core.errors import NorthstarError, did_you_mean
from northstar.core.text import counted
from northstar.executors.slurm.slurm import Slurm
from northstar.executors.slurm.slurm_job import limit_seconds, runtime_of, sbatch_options
from northstar.executors.trying import says
from northstar.jobs.arrangement import Arranged
from northstar.jobs.executor import Finding
from northstar.jobs.job import Job, JobShard, SummaryPlan

_SHOWN = ("account", "partition", "time", "gpus-per-node", "cpus-per-task")
"""The sbatch options that come from the config."""


def findings(cluster: Cluster, slurm: Slurm) -> Iterator[Finding]:
    """Check the config's partitions, limits and GPUs, and whether sbatch would accept such jobs."""
    try:
        partitions = slurm.partitions()
    except NorthstarError as error:
        yield Finding(False, str(error))
        return
    yield Finding(True, f"Slurm answers; its partitions: {', '.join(partitions)}")
    named = [(key, name) for key in ("partition", "cpu_partition") if (name := getattr(cluster, key)) is not None]
    named += [("timeouts", name) for name in cluster.timeouts if name]
    for key, name in named:
        if name not in partitions:
            yield Finding(False, f"{key}: there is no partition '{name}'.{did_you_mean(name, partitions)}")
    for name in dict.fromkeys(name for _, name in named if name in partitions):
        limit, most = cluster.time_limit(name), partitions[name]
        if limit is not None and is_time(most) and limit_seconds(limit) > limit_seconds(most):
            yield Finding(False, f"timeouts: {limit} is more than partition {name} gives a job, {most}")
    if cluster.partition is None or cluster.partition in partitions:
        yield _gpus(cluster, slurm.gpus_per_node(cluster.partition))
        server = ServerPlan(type="generic", gpus=cluster.gpus_per_node)
        yield _taken(cluster, slurm, "a job that starts a server", server)
    if cluster.cpu_partition in partitions:
        yield _taken(cluster, slurm, "a job that starts none", None)


def _taken(cluster: Cluster, slurm: Slurm, what: str, server: ServerPlan | None) -> Finding:
    """Check that sbatch would accept such a job."""
    shard = JobShard(benchmark="check", stem="output", rows=1)
    arranged = Arranged(
        job=Job(name="check", summary=SummaryPlan(output_dir=Path("/"))), shards=(shard,), server=server
    )
    options = sbatch_options(arranged, cluster, Path("/"), JobOptions(), expname="check", depends="")
    shown = ", ".join(f"{name} {value}" for name, value in options if name in _SHOWN)
    job = f"{what}{f' ({shown})' if shown else ''}"
    try:
        slurm.would_take(options)
    except NorthstarError as error:
        return Finding(False, f"Slurm would refuse {job}: {error}")
    return Finding(True, f"Slurm would take {job}")


def _gpus(cluster: Cluster, there: int | None) -> Finding:
    where = f"a node of partition {cluster.partition}" if cluster.partition else "a node"
    if there is None:
        wrong = bool(cluster.gpus_per_node)
        return Finding(False if wrong else None, f"Slurm knows of no GPUs on {where}")
    has = f"{where} has {counted(there, 'GPU')}"
    if cluster.gpus_per_node is None:
        return Finding(None, f"{has}; gpus_per_node: {there} would have --server_gpus checked")
    if cluster.gpus_per_node > there:
        return Finding(False, f"gpus_per_node is {cluster.gpus_per_node}, but {where} has {there} at most")
    return Finding(True, has)


def runtime_found(cluster: Cluster) -> Iterator[Finding]:
    """Whether what runs containers in a job is there, as far as this machine can tell."""
    if runtime_of(cluster) == "pyxis":
        yield says("pyxis: srun knows --container-image", ["srun", "--help"], "--container-image")
    else:
        there = shutil.which("apptainer") is not None
        yield Finding(True if there else None, f"apptainer is {'' if there else 'not '}here; the nodes must have it")
