"""Whether a run may replace another: non-inferiority by a policy, for continuous integration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from northstar.comparison.compare import ComparedMetric, Comparison
from northstar.config.typed_file import read_typed
from northstar.core.errors import UsageError, did_you_mean
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
    """One metric under the policy; `drop` and its bounds are in points, the bounds one-sided at alpha."""

    name: str
    allowed: float
    drop: float
    bounds: tuple[float, float] | None
    outcome: Outcome


def read_policy(path: Path) -> Policy:
    """Read a policy file. Raises UsageError, with the line of what is wrong."""
    return read_typed(path, Policy, "a policy")


def rulings(policy: Policy, comparisons: Sequence[Comparison]) -> list[Ruling]:
    """Apply a policy to what was compared.

    A metric passes where its drop is shown to be below what is allowed, and is a regression where it is shown to be
    above; the error is that over rows.

    Raises:
        UsageError: The policy names a benchmark or metric that was not compared.
    """
    known = {name for each in comparisons for name in _names(each)}
    for name in policy.largest_drop:
        if name != "default" and name not in known:
            raise UsageError(f"--gate: '{name}' was not compared.{did_you_mean(name, known)} There are "
                             f"{', '.join(sorted(known))}.")  # fmt: skip
    found: list[Ruling] = []
    for each in comparisons:
        for place, metric in enumerate(each.metrics):
            names = [f"{each.benchmark}.{metric.name}", *([each.benchmark, "default"] if place == 0 else [])]
            allowed = next((policy.largest_drop[name] for name in names if name in policy.largest_drop), None)
            if allowed is not None:
                found.append(_ruling(f"{each.benchmark} {metric.name}", metric, allowed, policy.alpha))
    if not found:
        raise UsageError("--gate: the policy names nothing that was compared; give largest_drop a `default: 1.0`.")
    return found


def overall(found: Sequence[Ruling]) -> Outcome:
    """Return the worst: a regression, else undecided if anything is, else passed."""
    outcomes = {each.outcome for each in found}
    return next(each for each in (Outcome.REGRESSION, Outcome.UNDECIDED, Outcome.PASSES) if each in outcomes)


def _names(comparison: Comparison) -> list[str]:
    return [comparison.benchmark, *(f"{comparison.benchmark}.{metric.name}" for metric in comparison.metrics)]


def _ruling(name: str, metric: ComparedMetric, allowed: float, alpha: float) -> Ruling:
    paired = metric.paired
    drop = 0.0 - 100.0 * paired.difference
    if paired.error is None:
        return Ruling(name, allowed, drop, None, Outcome.UNDECIDED)
    half = 100.0 * students(2.0 * alpha, paired.rows - 1) * paired.error
    low, high = drop - half, drop + half
    # Rows that all agree leave no error: a drop of exactly what is allowed is allowed.
    outcome = Outcome.PASSES if high < allowed or high == low <= allowed else Outcome.UNDECIDED
    return Ruling(name, allowed, drop, (low, high), Outcome.REGRESSION if low > allowed else outcome)
