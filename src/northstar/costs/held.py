"""Which servers a run held, from when to when, as run.json says; and for how long it asked those it did not start."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

import numpy as np

from northstar.metrics.arrays import FloatArray
from northstar.metrics.spans import union
from northstar.reports.run_notes import server_times
from northstar.statistics.gpu_hours import Held

_LONGEST = 10 * 365 * 86_400.0


@dataclass(frozen=True)
class HeldServers:
    """The servers of one output folder.

    Attributes:
        servers: Those whose hours can be split.
        by_gpu: Whether they count by GPUs; else an hour of a server is an hour.
        addresses: Whether some were not started by the run, so that only the time from request to answer is known.
        uncounted: Servers of which the time, or beside others the GPUs, are not known.
        undated: Servers that are known to be held for `undated_hours`, but not from when.
        judges: GPU hours of judges' servers.
    """

    servers: Sequence[Held]
    by_gpu: bool
    addresses: bool = False
    uncounted: int = 0
    undated: int = 0
    undated_hours: float = 0.0
    judges: float = 0.0


def held_servers(runs: Sequence[Mapping[str, Any]], spans: FloatArray) -> HeldServers:
    """Return the servers of the runs in a run.json.

    Args:
        runs: Its runs; anything may stand in them.
        spans: [n, 2] start and end of each answer, for servers that runs only asked.
    """
    timed, uncounted = [], 0
    for run in runs:
        times = run.get("server_time")
        if (found := _times(times)) is not None:
            timed.append((found, _count(run.get("generated"))))
        elif times is not None or _started_one(run):
            uncounted += 1
    by_gpu = any(found.gpus for found, _ in timed)
    judges = sum(
        found.gpus * found.seconds / 3600
        for run in runs
        for times in server_times({"judges": run.get("judges")})
        if (found := _times(times)) is not None and found.gpus
    )
    visits = _visits(runs, spans)
    mine = [each for each in timed if each[0].gpus or not by_gpu]
    uncounted += len(timed) - len(mine) + (len(visits) if by_gpu else 0)
    dated = [
        Held(found.gpus or 1, found.since, found.since + found.starting, found.since + found.seconds, asked)
        for found, asked in mine
        if found.since is not None
    ]
    undated = [(found.gpus or 1) * found.seconds / 3600 for found, _ in mine if found.since is None]
    seen = [] if by_gpu else [Held(1, began, began, ended) for began, ended in visits]
    return HeldServers([*dated, *seen], by_gpu, bool(seen), uncounted, len(undated), sum(undated), judges)


@dataclass(frozen=True)
class _Times:
    gpus: int | None
    since: float | None
    seconds: float
    starting: float


def _times(said: object) -> _Times | None:
    """Return a run's server_time; None unless it can be."""
    if not isinstance(said, Mapping):
        return None
    seconds, starting, since = (_number(said.get(name)) for name in ("seconds", "starting", "since"))
    gpus = said.get("gpus")
    if seconds is None or starting is None or not 0 <= starting <= seconds <= _LONGEST:
        return None
    if gpus is not None and not (type(gpus) is int and 0 < gpus < 1_000_000):
        return None
    return _Times(gpus, since, seconds, starting)


def _number(value: object) -> float | None:
    usable = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15
    return float(value) if usable and isinstance(value, int | float) and math.isfinite(value) else None


def _count(value: object) -> int:
    return value if type(value) is int and value > 0 else 0


def _server(run: Mapping[str, Any]) -> Mapping[str, Any]:
    server = run.get("server")
    return server if isinstance(server, Mapping) else {}


def _started_one(run: Mapping[str, Any]) -> bool:
    return "commands" in _server(run)


def _visits(runs: Sequence[Mapping[str, Any]], spans: FloatArray) -> list[tuple[float, float]]:
    """Return from when to when runs asked servers that they had not started: first request to last answer of each."""
    begun = [(when, run) for run in runs if (when := _unix(run.get("started"))) is not None]
    begun.sort(key=lambda each: each[0])
    found = []
    for (start, run), (end, _) in pairwise([*begun, (math.inf, {})]):
        if _server(run) and not _started_one(run) and run.get("server_time") is None:
            mine = spans[(spans[:, 0] >= start) & (spans[:, 0] < end)]
            found += [np.array([[mine[:, 0].min(), mine[:, 1].max()]])] if len(mine) else []
    return [(float(began), float(ended)) for began, ended in union(found)]


def _unix(text: object) -> float | None:
    try:
        return datetime.fromisoformat(text).timestamp() if isinstance(text, str) else None
    except (ValueError, OverflowError, OSError):
        return None
