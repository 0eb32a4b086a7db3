"""Which GPUs each replica sees."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from northstar.config.plan import ServerPlan
from northstar.core.errors import NorthstarError, UsageError
from northstar.core.text import counted

VARIABLE = "CUDA_VISIBLE_DEVICES"
SMI_SECONDS = 60.0
"""nvidia-smi takes some seconds where the driver is not kept loaded."""


def check_devices(plan: ServerPlan) -> None:
    """Raises UsageError when the GPUs can't be shared out among the replicas."""
    if plan.replicas == 1 or plan.gpus == 0:
        return
    gpus, replicas = plan.option("server_gpus"), plan.option("server_replicas")
    if plan.gpus is None:
        raise UsageError(f"{replicas}={plan.replicas} needs {gpus}, the GPUs that they share (0: the CPU).")
    if plan.gpus % plan.replicas:
        raise UsageError(f"{gpus}={plan.gpus} can't be shared out evenly among {replicas}={plan.replicas}.")


def missing_gpus(plan: ServerPlan) -> list[str]:
    """What is to be said where this machine shows fewer GPUs than the plan wants, as far as it shows any."""
    if not plan.gpus:
        return []
    there, how = gpus_here()
    if (named := os.environ.get(VARIABLE)) is not None:
        there, how = len([part for part in named.split(",") if part]), f"{VARIABLE}={named}"
    if there >= plan.gpus:
        return []
    shown = counted(there, "GPU") if there else "no GPU"
    return [f"{plan.option('server_gpus')}={plan.gpus}, but this machine shows {shown} ({how})."]


def gpus_here() -> tuple[int, str]:
    """How many GPUs this machine shows, NVIDIA's or AMD's, and how that is known."""
    try:
        if found := len(listed_gpus(SMI_SECONDS)):
            return found, "nvidia-smi"
    except (OSError, subprocess.TimeoutExpired):
        pass
    return gpu_devices()


def listed_gpus(seconds: float) -> list[str]:
    """The GPUs that nvidia-smi lists: 'NVIDIA H100 80GB HBM3'. Raises OSError or TimeoutExpired."""
    done = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, errors="replace", timeout=seconds)
    lines = [line.partition(":") for line in done.stdout.splitlines() if line.startswith("GPU ")]
    return [name.partition(" (UUID")[0].strip() for _, _, name in lines]


def gpu_devices() -> tuple[int, str]:
    """How many GPUs the system's devices show, and how that is known."""
    devices = [file for file in Path("/dev").glob("nvidia*") if file.name.removeprefix("nvidia").isdecimal()]
    if devices:
        return len(devices), "/dev/nvidia*"
    nodes = [file for file in Path("/sys/class/kfd/kfd/topology/nodes").glob("*/gpu_id") if _is_gpu(file)]
    return len(nodes), "tried: nvidia-smi, /dev/nvidia*, /sys/class/kfd"


def _is_gpu(file: Path) -> bool:
    """Whether a node of AMD's driver is a GPU; the processor has the number 0."""
    try:
        return file.read_text().strip() not in ("", "0")
    except OSError:
        return False


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
