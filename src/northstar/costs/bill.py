"""The bill of a run: GPU hours of one job for each benchmark and seed, and of a pool. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from northstar.core.text import counted, three_digits
from northstar.metrics.arrays import FloatArray
from northstar.statistics.load_curve import LoadCurve, Work, gpu_hours, node_seconds


@dataclass(frozen=True)
class Part:
    """A benchmark's part of the work.

    Attributes:
        rows: Samples of a unit, the whole of one seed.
        units: How many of them.
        lengths: Tokens of generations that are known, or only their mean; empty if nobody knows.
        seconds: Of a unit alone on a server, as published; None if that is not known.
    """

    name: str
    rows: int
    units: int
    lengths: tuple[float, ...] = ()
    seconds: float | None = None

    @property
    def samples(self) -> int:
        return self.rows * self.units

    @property
    def mean(self) -> float | None:
        """Tokens of a generation."""
        return sum(self.lengths) / len(self.lengths) if self.lengths else None

    def work(self, samples: int) -> list[Work]:
        """Return so many samples, of lengths as spread as the known ones."""
        order = np.random.default_rng(len(self.lengths)).permutation(len(self.lengths))
        drawn: FloatArray = np.resize(np.array(self.lengths)[order], samples)
        return [Work(tokens) for tokens in drawn.tolist()]


@dataclass(frozen=True)
class Speed:
    """How fast one server is.

    Attributes:
        full: Tokens a second with a full queue.
        curve: At each load.
        source: Who says so.
        why_not: Why an earlier run does not, a sentence.
    """

    full: float | None = None
    curve: LoadCurve | None = None
    source: str = ""
    why_not: str = ""


@dataclass(frozen=True)
class Machines:
    """What a run gets. gpus: of each job. start: seconds until a server is ready. at_once: requests at a server."""

    gpus: int | None
    jobs: int = 1
    at_once: int = 512
    start: float | None = None


@dataclass(frozen=True)
class Bill:
    """GPU hours and tokens; None where they are not known, and `missing` says why, in sentences."""

    tokens: float | None
    by_unit: float | None
    pool: float | None
    units: int
    jobs: int
    gpus: int | None = None
    notes: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def text(self) -> str:
        """Return what is printed of it."""
        tokens = "tokens not known" if self.tokens is None else f"{three_digits(self.tokens / 1e6)} million tokens"
        lines = [
            f"expected cost     {tokens}",
            f"  {counted(self.units, 'job')}, one for each benchmark and seed: {_hours(self.by_unit)}",
            f"  {counted(self.jobs, 'job')} with one queue: {_hours(self.pool)}",
        ]
        return "\n".join([*lines, *(f"  {note}" for note in (*self.notes, *self.missing))])


def _hours(hours: float | None) -> str:
    return "not known" if hours is None else f"{three_digits(hours)} GPU hours"


def bill(parts: Sequence[Part], speed: Speed, machines: Machines) -> Bill:
    """Work out the bill; what is not known of a part is not known of the whole."""
    units = sum(part.units for part in parts)
    unknown = [part.name for part in parts if not part.lengths]
    missing = [speed.why_not] if speed.why_not else []
    if unknown:
        missing.append(f"Not known: the tokens of {', '.join(unknown)}; a recipe says them, or an earlier run.")
    if machines.gpus is None:
        missing.append("Not known: how many GPUs a server has; --server_gpus (ns plan: --gpus) says it.")
    tokens = None if unknown else sum((part.mean or 0.0) * part.samples for part in parts)
    alone, together = None, None
    if machines.gpus is not None and tokens is not None:
        alone, together = _alone(parts, speed, machines), _together(parts, tokens, speed, machines)
        if together is None:
            missing.append(
                "Not known: tokens a second with a full queue; --tokens_per_second says it, or an earlier run."
            )
        if alone is None:
            missing.append(
                "Not known: tokens a second with few requests in flight, as a seed alone has; an earlier run says it, "
                "or a recipe's published gen_seconds."
            )
    notes = [f"Speed: {speed.source}."] if speed.source and (alone or together) else []
    if together and speed.full is not None:
        notes.append("The end of the queue, where servers have ever less to do, is not counted.")
    if (alone or together) and machines.start is None:
        notes.append("The starts of servers are not counted, for nothing says how long they take.")
    return Bill(tokens, alone, together, units, min(machines.jobs, units), machines.gpus, tuple(notes), tuple(missing))


def _alone(parts: Sequence[Part], speed: Speed, machines: Machines) -> float | None:
    total = 0.0
    for part in parts:
        if part.seconds is not None:
            seconds = part.seconds + (machines.start or 0.0)
        elif speed.curve is not None:
            (seconds,) = node_seconds(part.work(part.rows), speed.curve, machines.at_once, start=machines.start or 0.0)
        else:
            return None
        total += gpu_hours([seconds] * part.units, machines.gpus or 0)
    return total


def _together(parts: Sequence[Part], tokens: float, speed: Speed, machines: Machines) -> float | None:
    if speed.curve is not None and speed.full is None:
        order = sorted(parts, key=lambda part: -(part.mean or 0.0))
        queue = [work for part in order for work in part.work(part.samples)]
        held = node_seconds(queue, speed.curve, machines.at_once, machines.jobs, machines.start or 0.0)
        return gpu_hours(held, machines.gpus or 0)
    if speed.full is None:
        return None
    return gpu_hours([tokens / speed.full, *[machines.start or 0.0] * machines.jobs], machines.gpus or 0)
