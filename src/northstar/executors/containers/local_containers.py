"""A plan done on this machine, job after job, with programs in containers."""

from __future__ import annotations

from northstar.config.cluster import Cluster
from northstar.config.jobs import JobOptions
from northstar.config.plan import JudgingPlan, Plan
from northstar.core.lock import locked
from northstar.engine.benchmark_stats import BenchmarkStats
from northstar.engine.stats import RunStats
from northstar.executors.containers.contained import find_engine, run_contained
from northstar.executors.local.local import Watch
from northstar.executors.local.local_job import local_job, record
from northstar.executors.placement import WORKER, check_places, code_folder, place
from northstar.jobs.planning import check_no_key_in_files, plan_jobs
from northstar.progress.progress_file import Progress, read_progress


def uses_containers(plan: Plan | JudgingPlan, cluster: Cluster) -> bool:
    """Whether anything of this plan runs in a container on this machine."""
    names = (WORKER, *(server.type for server in plan.servers))
    return cluster.executor == "local" and any(cluster.image(name) for name in names)


def run_in_containers(plan: Plan | JudgingPlan, cluster: Cluster, watch: Watch | None) -> RunStats:
    """Do it, one job after the other: the model's, then those of judges that are started.

    Returns the counts, by job. Raises NorthstarError, Stopped.
    """
    stats = RunStats()
    check_no_key_in_files(plan.servers)
    check_places(cluster, find_engine(cluster), plan)
    planned = plan_jobs(plan, {}, JobOptions(num_jobs=1))
    arranged = [job for job in planned.jobs if job.units]
    if not arranged:
        return stats
    jobs = [local_job(job.name, job.job.kind, job.units, job.after) for job in arranged]
    try:
        folder = record(plan.output_dir, cluster.name, jobs)
        code = code_folder(cluster, plan)
        with locked(folder / ".lock", str(folder)):  # by it ns cancel knows this process: the workers' locks are theirs
            for job in arranged:
                run_contained(job, place(cluster, folder / job.name, code, plan), watch)
                if (progress := read_progress(folder / job.name)) is not None:
                    stats.benchmarks[job.name] = _counts(progress)
                    stats.requests.last_failure = progress.last_failure or stats.last_failure
    except BaseException:
        planned.undo()
        raise
    return stats


def _counts(progress: Progress) -> BenchmarkStats:
    """What a worker that may have been in a container said of its work."""
    units = progress.units.values()
    return BenchmarkStats(
        total=sum(unit.rows for unit in units),
        generated=sum(unit.generated for unit in units),
        graded=sum(unit.graded for unit in units),
        tokens=sum(unit.tokens for unit in units),
        errors=progress.errors,
        open=progress.open,
    )
