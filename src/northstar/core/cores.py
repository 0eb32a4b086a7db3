"""How many CPU cores this process may use."""

from __future__ import annotations

import os


def cores() -> int:
    """Count the cores of this process; Slurm and containers may grant only some of the machine's."""
    affinity = getattr(os, "sched_getaffinity", None)  # Linux only
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 2
