"""`submit`: what `ns eval` does on a cluster, as a function."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from northstar.api.evaluation import make_plan
from northstar.config.cluster import Cluster, find_cluster
from northstar.config.jobs import NAMES, JobOptions, read_job_options
from northstar.config.mounts import to_host
from northstar.core.credentials import shown_argv
from northstar.core.errors import UsageError
from northstar.core.paths import AnyPath

if TYPE_CHECKING:
    from northstar.config.plan import Plan
    from northstar.engine.preflight.preflight import Ready
    from northstar.executors.submission import Preview, Submitted

JOB_OPTIONS = (*NAMES, "sbatch_kwargs")


def submit(benchmarks: str | Sequence[str], *, output_dir: AnyPath, cluster: str, **options: Any) -> Submitted:
    """Submit an evaluation to a cluster and return its jobs; what is done or under way is left out.

    options: those of `evaluate`, and num_jobs, expname, run_after, partition, qos, time_min, exclusive, sbatch_kwargs,
    dependent_jobs, log_dir. Raises UsageError, NorthstarError.

    >>> northstar.submit("aime24:16", output_dir="out", cluster="lab", num_jobs=-1).jobs  # doctest: +SKIP
    """
    where = find_cluster(cluster, options.get("config_dir"))
    jobs = {name: options.pop(name) for name in JOB_OPTIONS if name in options}
    return submit_plan(make_plan(benchmarks, output_dir=output_dir, cluster=cluster, **options), where, jobs)


def submit_plan(plan: Plan, cluster: Cluster, jobs: Mapping[str, Any]) -> Submitted:
    """The same for a plan that is made already."""
    from northstar.executors.submission import submit

    return submit(plan, cluster, _read(cluster, jobs), command=shown_argv(sys.argv))


def preview_plan(ready: Ready, cluster: Cluster, jobs: Mapping[str, Any]) -> Preview:
    """What `submit_plan` would submit; writes nothing."""
    from northstar.executors.submission import preview

    return preview(ready, cluster, _read(cluster, jobs))


def _read(cluster: Cluster, jobs: Mapping[str, Any]) -> JobOptions:
    """The options of jobs, with the host's paths. Raises UsageError, also for a cluster that takes no jobs."""
    if cluster.ssh_tunnel is not None:
        raise UsageError(f"cluster {cluster.name} is reached by ssh: ns eval --cluster={cluster.name} submits there.")
    if cluster.executor != "slurm":
        raise UsageError(f"cluster {cluster.name} takes no jobs: its executor is {cluster.executor}.")
    read = read_job_options(jobs)
    if read.log_dir is None:
        return read
    moved = to_host(cluster.mounts, cluster.name).path(str(read.log_dir), "--log_dir")
    return read.model_copy(update={"log_dir": Path(moved).expanduser().absolute()})
