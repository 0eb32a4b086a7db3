"""All looks at a machine, in the order in which people read them."""

from __future__ import annotations

import socket
import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from northstar.config.cluster import Cluster
from northstar.core.clock import utc_text
from northstar.core.text import counted, printable
from northstar.doctor import access, clusters, machine, rows, serving, walls
from northstar.doctor.check import Check, Look, State, examined
from northstar.models.secrets import without_secrets
from northstar.version import __version__

_NAMES = 11
"""Characters of the longest name."""
_STATES: dict[State, str] = {"ok": "ok  ", "warn": "warn", "fail": "FAIL"}


def examine(cluster: Cluster, files: dict[str, Path], data_dir: Path, seconds: float) -> Iterator[Check]:
    """Look at this machine and yield what is found, in order; it takes little more than `seconds`.

    Args:
        cluster: The cluster that it stands for.
        files: Name → file of each cluster config.
        data_dir: The data folder.
        seconds: How long each check may take.
    """
    looks = [
        Look("python", machine.python),
        Look("memory", machine.memory),
        Look("open files", machine.open_files),
        *machine.disks(machine.usual_folders(data_dir)),
        Look("sandbox", walls.sandbox),
        Look("packages", walls.programs),
        Look("gpus", serving.gpus),
        Look("server", lambda seconds: serving.server_packages(seconds, cluster.interpreters)),
        Look("hub", access.hub),
        Look("keys", access.keys),
        Look("data", lambda _: rows.data(data_dir)),
        Look("cluster", lambda _: clusters.config(cluster, files)),
        Look("slurm", lambda seconds: clusters.slurm(seconds, cluster)),
        Look("containers", clusters.containers),
    ]
    return examined(looks, seconds)


def shown(check: Check, columns: int) -> str:
    """Return a check as lines of at most so many columns: state, name, what was found, and what to do."""
    margin = " " * (len(_STATES["ok"]) + _NAMES + 3)
    width = max(40, columns - len(margin))
    keep = {"break_long_words": False, "break_on_hyphens": False}
    lines = textwrap.wrap(printable(without_secrets(check.text)), width, **keep) or [""]  # type: ignore[arg-type]
    todo = textwrap.wrap(printable(without_secrets(check.todo)), width - 2, **keep)  # type: ignore[arg-type]
    lines += [f"{'  ' if place else '→ '}{line}" for place, line in enumerate(todo)]
    head = f"{_STATES[check.state]} {check.name:<{_NAMES}}  "
    return "\n".join(f"{margin if place else head}{line}".rstrip() for place, line in enumerate(lines))


def summed(checks: Sequence[Check]) -> str:
    """Return how many checks ended how.

    >>> summed([Check("a", "ok", ""), Check("b", "warn", "")])
    '1 ok, 1 warning, 0 failures'
    """
    states = Counter(check.state for check in checks)
    return f"{states['ok']} ok, {counted(states['warn'], 'warning')}, {counted(states['fail'], 'failure')}"


def as_json(checks: Sequence[Check], cluster: Cluster) -> dict[str, Any]:
    """Return the whole examination as JSON."""
    states = Counter(check.state for check in checks)
    return {
        "northstar": __version__,
        "host": socket.gethostname(),
        "cluster": cluster.name,
        "time": utc_text(),
        **{state: states[state] for state in _STATES},
        "checks": [check.as_json() for check in checks],
    }
