"""Puts the limits that options ask for into a plan."""

from __future__ import annotations

from northstar.config.bounds.limits import read_limits
from northstar.config.cluster import Cluster
from northstar.config.options.jobs import JobOptions
from northstar.config.options.limits import LimitOptions
from northstar.config.plan import Plan
from northstar.core.errors import UsageError
from northstar.executors.choice import executor_of


def limited(plan: Plan, options: LimitOptions, jobs: JobOptions, cluster: Cluster) -> Plan:
    """Return the plan with its limits. Raises UsageError for one that can't be read, or not be kept by several jobs."""
    server = None if plan.generate is None else plan.generate.server
    model = None if server is None else server.named or server.model or server.type
    limits = read_limits(options, model, dict.fromkeys(judge.name for judge in plan.judges))
    if limits is None:
        return plan
    total = next((name for name in ("max_tokens_total", "max_cost") if getattr(options, name) is not None), None)
    if total is not None and (jobs.shares or (jobs.num_jobs != 1 and not executor_of(cluster).here)):
        raise UsageError(
            f"--{total} is kept by one job, which counts all answers: add --num_jobs=1, or give --time_limit, which "
            "each job keeps for itself."
        )
    return plan.model_copy(update={"limits": limits})
