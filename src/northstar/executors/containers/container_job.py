"""Runs a plan on this machine in containers, one job after the other."""

from __future__ import annotations

import os
from contextlib import ExitStack

from northstar.config.cluster import Cluster
from northstar.config.options.jobs import JobOptions
from northstar.config.plan import Plan
from northstar.core.lock import locked
from northstar.engine.benchmark_counters import BenchmarkCounters
from northstar.engine.counters import RunCounters
from northstar.engine.preflight.obstacles import find_obstacles
from northstar.engine.preflight.preflight import preflight
from northstar.executors.containers.contained import find_engine, run_contained
from northstar.executors.local.local_job import local_job, record
from northstar.executors.placement import WORKER, check_places, code_folder, place
from northstar.jobs.executor import Watch
from northstar.jobs.planning import begun_anew, check_no_key_in_files, plan_jobs
from northstar.progress.progress_file import Progress, read_progress
from northstar.provenance.identified import identify_before_jobs


def uses_containers(plan: Plan, cluster: Cluster) -> bool:
    """Return whether any program of this plan runs in a container."""
    return any(cluster.image(name) for name in (WORKER, *(server.type for server in plan.servers)))


def run_in_containers(plan: Plan, cluster: Cluster, watch: Watch | None) -> RunCounters:
    """Run the plan's jobs one after the other: the model's, then those of judges with their own server.

    Returns:
        The counters, by job.

    Raises:
        NorthstarError: A job failed.
        Stopped: A signal stopped the run.
    """
    counters = RunCounters()
    check_no_key_in_files(plan.servers)
    check_places(cluster, find_engine(cluster), plan)
    with ExitStack() as stack:
        ready = begun_anew(preflight(plan, stack, identify_before_jobs), {})
        find_obstacles(ready, os.environ).tell(counters.notices.append)
        planned = plan_jobs(ready, {}, JobOptions(num_jobs=1))
    arranged = [job for job in planned.jobs if job.shards]
    if not arranged:
        return counters
    jobs = [local_job(job.name, job.job.kind, job.shards, job.after) for job in arranged]
    try:
        folder = record(plan.output_dir, cluster.name, jobs)
        code = code_folder(cluster, plan)
        with locked(folder / ".lock", str(folder)):  # ns cancel finds this process by it
            for job in arranged:
                run_contained(job, place(cluster, folder / job.name, code, plan), watch)
                if (progress := read_progress(folder / job.name)) is not None:
                    counters.benchmarks[job.name] = _counts(progress)
                    counters.requests.last_failure = progress.last_failure or counters.last_failure
    except BaseException:
        planned.undo()
        raise
    return counters


def _counts(progress: Progress) -> BenchmarkCounters:
    """Return a worker's counters from its progress file, since it may have run in a container."""
    shards = progress.shards.values()
    return BenchmarkCounters(
        total=sum(shard.rows for shard in shards),
        generated=sum(shard.generated for shard in shards),
        graded=sum(shard.graded for shard in shards),
        tokens=sum(shard.tokens for shard in shards),
        errors=progress.errors,
        open=progress.open,
    )
