"""Whether a run may replace another: non-inferiority by a policy, for continuous integration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from northstar.comparison.compare import Compared, ComparedMetric, Comparison
from northstar.config.typed_file import read_typed
from northstar.core.errors import UsageError, did_you_mean
from northstar.core.text import counted
from northstar.metrics.quantiles import students

_Points = Annotated[float, Field(ge=0, le=100)]


class Policy(BaseModel):
    """What a new run may lose.

    Attributes:
        alpha: The level of each one-sided test.
        largest_drop: Benchmark, or 'benchmark.metric' → points that its score may drop by. A benchmark's name stands
            for its main metric; 'default' for the main metric of all others.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    alpha: float = Field(0.05, gt=0, lt=0.5)
    largest_drop: dict[str, _Points] = Field(min_length=1)


class Outcome(Enum):
    """What a policy says of one metric, or of all; the value is the exit code."""

    PASSES = 0
    REGRESSION = 1
    UNDECIDED = 3


@dataclass(frozen=True)
class Ruling:
    """One metric under the policy; `drop` and its bounds are in points, the bounds one-sided at alpha.

    Attributes:
        drop: None where there is nothing to compare; `why` says so.
    """

    name: str
    allowed: float
    drop: float | None
    bounds: tuple[float, float] | None
    outcome: Outcome
    why: str = ""


def read_policy(path: Path) -> Policy:
    """Read a policy file. Raises UsageError, with the line of what is wrong."""
    return read_typed(path, Policy, "a policy")


def rulings(policy: Policy, compared: Compared) -> list[Ruling]:
    """Apply a policy to what was compared.

    A metric passes where its drop is shown to be below what is allowed, and is a regression where it is shown to be
    above; the error is that over rows. What the new run lacks (a benchmark, a main metric, rows) is undecided.

    Raises:
        UsageError: The policy names a benchmark or metric that was not compared.
    """
    known = {name for each in compared.each for name in _names(each)} | {name for _, name in compared.lacking}
    for name in policy.largest_drop:
        if name != "default" and name not in known:
            raise UsageError(
                f"--gate: '{name}' was not compared.{did_you_mean(name, known)} There are {', '.join(sorted(known))}."
            )
    found = [ruling for each in compared.each for ruling in _of(each, policy)]
    for run, benchmark in compared.lacking:
        allowed = policy.largest_drop.get(benchmark, policy.largest_drop.get("default"))
        if allowed is not None:
            found.append(Ruling(benchmark, allowed, None, None, Outcome.UNDECIDED, f"{run} lacks it"))
    if not found:
        raise UsageError("--gate: the policy names nothing that was compared; give largest_drop a `default: 1.0`.")
    return found


def _of(compared: Comparison, policy: Policy) -> list[Ruling]:
    """Return the rulings on one benchmark."""
    limits = policy.largest_drop
    found: list[Ruling] = []
    main = next((limits[name] for name in (compared.benchmark, "default") if name in limits), None)
    for metric in compared.metrics:
        own = limits.get(f"{compared.benchmark}.{metric.name}", main if metric.name == compared.main else None)
        if own is not None:
            found.append(_ruling(compared, metric, own, policy.alpha))
    if main is not None and compared.main not in {metric.name for metric in compared.metrics}:
        name = f"{compared.benchmark} {compared.main}"
        found.append(Ruling(name, main, None, None, Outcome.UNDECIDED, f"{compared.runs[1]} lacks it"))
    return found


def overall(found: Sequence[Ruling]) -> Outcome:
    """Return the worst: a regression, else undecided if anything is, else passed."""
    outcomes = {each.outcome for each in found}
    return next(each for each in (Outcome.REGRESSION, Outcome.UNDECIDED, Outcome.PASSES) if each in outcomes)


def _names(comparison: Comparison) -> list[str]:
    return [comparison.benchmark, *(f"{comparison.benchmark}.{metric.name}" for metric in comparison.metrics)]


def _ruling(compared: Comparison, metric: ComparedMetric, allowed: float, alpha: float) -> Ruling:
    paired = metric.paired
    name, drop = f"{compared.benchmark} {metric.name}", 0.0 - 100.0 * paired.difference
    if paired.error is None:
        return Ruling(name, allowed, drop, None, Outcome.UNDECIDED, "one row has no error")
    half = 100.0 * students(2.0 * alpha, paired.rows - 1) * paired.error
    if not paired.error:  # rows that all agree: how many of others might not (the rule of three, at alpha)
        half = 100.0 * (1.0 - alpha ** (1.0 / paired.rows))
    low, high = drop - half, drop + half
    if low > allowed:
        return Ruling(name, allowed, drop, (low, high), Outcome.REGRESSION)
    if compared.only[0]:
        why = f"{compared.runs[1]} lacks {counted(len(compared.only[0]), 'row')}"
        return Ruling(name, allowed, drop, (low, high), Outcome.UNDECIDED, why)
    return Ruling(name, allowed, drop, (low, high), Outcome.PASSES if high < allowed else Outcome.UNDECIDED)
