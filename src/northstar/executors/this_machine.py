"""Does a plan on this machine: in this process, or in containers, as the cluster's config has it."""

from __future__ import annotations

from northstar.config.cluster import Cluster
from northstar.config.plan import Plan
from northstar.engine.counters import RunCounters
from northstar.executors.containers.local_containers import run_in_containers, uses_containers
from northstar.executors.local.local import Watch, environment_of
from northstar.executors.local.local_job import NAME, recorded
from northstar.executors.local.run_job import run_job, work_of
from northstar.jobs.job import Job


def run_on_this_machine(plan: Plan, cluster: Cluster, watch: Watch | None) -> RunCounters:
    """Do it and return its counts. Raises NorthstarError, Stopped."""
    with environment_of(cluster.environment()):
        if uses_containers(plan, cluster):
            return run_in_containers(plan, cluster, watch)
        return run_job(work_of(Job(name=NAME, plan=plan)), recorded(plan.output_dir, cluster.name), watch)
