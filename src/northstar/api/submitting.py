"""`submit`: `ns eval` on a cluster, as a function."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from northstar.api.evaluation import plan_evaluation, plan_notes, setting_instead
from northstar.api.fetching.needed import fetch_needed
from northstar.api.keywords import with_keywords
from northstar.config.cluster import Cluster, find_cluster
from northstar.config.mounts import to_host
from northstar.config.options.evaluation import EvalOptions
from northstar.config.options.jobs import JobOptions, read_job_options
from northstar.config.path_mapping import mapped_options
from northstar.core.credentials import shown_argv
from northstar.core.errors import UsageError
from northstar.executors.choice import executor_of
from northstar.jobs.executor import Executor, Submitted

if TYPE_CHECKING:
    from northstar.config.plan import Plan


@with_keywords(first="benchmarks", required=("cluster",), clusters=True, hint=setting_instead)
def submit(options: EvalOptions) -> Submitted:
    """Submit an evaluation to a cluster and return its jobs; skips what is done or already in a job.

    Args:

    Raises:
        UsageError: An option is wrong, or the cluster takes no jobs; nothing was submitted.
        NorthstarError: Slurm did not take a job.

    >>> northstar.submit("aime24:16", output_dir="out", cluster="lab", num_jobs=-1).jobs  # doctest: +SKIP
    """
    where = find_cluster(options.cluster.cluster, options.cluster.config_dir)
    plan, followed = plan_evaluation(options)
    said: list[str] = []
    plan = fetch_needed(plan, said.append, prepare=not options.no_prepare)
    submitted = submit_plan(plan, where, options.jobs)
    departures = () if followed is None else followed.departures
    said += [f"departs from the recipe: {each}" for each in departures]
    said += plan_notes(plan, options if followed is None else followed.options)
    return replace(submitted, notes=(*said, *submitted.notes))


def submit_plan(plan: Plan, cluster: Cluster, jobs: JobOptions, executor: Executor | None = None) -> Submitted:
    """Submit a plan. executor: None takes the one that the cluster config names. Raises NorthstarError."""
    executor = executor or executor_of(cluster)
    if cluster.ssh_tunnel is not None:
        raise UsageError(f"cluster {cluster.name} is reached by ssh: ns eval --cluster={cluster.name} submits there.")
    if executor.here:
        raise UsageError(f"cluster {cluster.name} takes no jobs: its executor is {executor.name}.")
    return executor.submit(plan, host_paths(cluster, jobs), argv=shown_argv(sys.argv))


def host_paths(cluster: Cluster, jobs: JobOptions) -> JobOptions:
    """Check the job options and map their paths to the host's. Raises UsageError."""
    read = read_job_options(mapped_options(jobs, to_host(cluster.mounts, cluster.name)))
    return read if read.log_dir is None else replace(read, log_dir=Path(read.log_dir).expanduser().absolute())
