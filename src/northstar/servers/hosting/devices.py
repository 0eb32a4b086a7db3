"""Which GPUs each replica sees."""

from __future__ import annotations

import os
from collections.abc import Mapping

from northstar.config.plan import ServerPlan
from northstar.core.errors import NorthstarError, UsageError

VARIABLE = "CUDA_VISIBLE_DEVICES"


def check_devices(plan: ServerPlan) -> None:
    """Raises UsageError when the GPUs can't be shared out among the replicas."""
    if plan.replicas == 1 or plan.gpus == 0:
        return
    gpus, replicas = plan.option("server_gpus"), plan.option("server_replicas")
    if plan.gpus is None:
        raise UsageError(f"{replicas}={plan.replicas} needs {gpus}, the GPUs that they share (0: the CPU).")
    if plan.gpus % plan.replicas:
        raise UsageError(f"{gpus}={plan.gpus} can't be shared out evenly among {replicas}={plan.replicas}.")


def gpus_each(plan: ServerPlan) -> int | None:
    """GPUs of one replica, on one node; None where nothing was said."""
    return None if plan.gpus is None else plan.gpus // plan.replicas


def visible_devices(plan: ServerPlan, environment: Mapping[str, str] = os.environ) -> list[dict[str, str]]:
    """For each replica what its environment says of GPUs: disjoint ones, out of those that this job may see.

    Raises NorthstarError when this job sees fewer than the plan wants.
    """
    each = gpus_each(plan)
    if each is None:
        return [{} for _ in range(plan.replicas)]
    if each == 0:
        return [{VARIABLE: ""} for _ in range(plan.replicas)]
    wanted = each * plan.replicas
    named = environment.get(VARIABLE)
    mine = [str(number) for number in range(wanted)] if named is None else [part for part in named.split(",") if part]
    if len(mine) < wanted:
        raise NorthstarError(
            f"{plan.option('server_gpus')}={plan.gpus}, but this job sees {len(mine)} ({VARIABLE}={named or ''})."
        )
    return [{VARIABLE: ",".join(mine[number * each : (number + 1) * each])} for number in range(plan.replicas)]
