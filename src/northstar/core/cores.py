"""How many cores there are to share out."""

from __future__ import annotations

import os


def cores() -> int:
    """Of those that this job may use: Slurm and containers give a part of a machine."""
    affinity = getattr(os, "sched_getaffinity", None)  # Linux has it
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 2
