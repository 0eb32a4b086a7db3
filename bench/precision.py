"""What the pass@1 column of the tutorial's tables costs when each mean is known to half a point.

Rows are drawn whose rates have the published pass@1 and pass@k, and answered seed by seed until the rule of
`--precision` stops: rates of the beta distribution that fits both, and the noisiest that fit, where all rows that pass
do so alike (the bound w ≤ m (1 - m / pass@k)). Tokens of a generation are the tables' avg_tokens.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from northstar.metrics.arrays import FloatArray
from northstar.statistics.planning import seeds_for_error
from northstar.statistics.stopping import (
    Look,
    begun_at_most,
    begun_before_a_look,
    cautious_variance,
    fewest_seeds,
    known_well_enough,
)

PRECISION = 0.005
AT_ONCE = 512
TRIALS = 20
LIMIT = 600


@dataclass(frozen=True)
class Published:
    """A line of the tutorial's tables: rows, avg_tokens, k, pass@1 and pass@k as fractions."""

    name: str
    rows: int
    tokens: int
    k: int
    mean: float
    passed: float

    @property
    def seed(self) -> int:
        """Tokens of one seed."""
        return self.rows * self.tokens


TABLES = (
    Published("mmlu-pro", 12032, 4879, 16, 0.8144, 0.9132),
    Published("hle", 2158, 12111, 15, 0.0775, 0.2780),
    Published("gpqa", 198, 11046, 16, 0.7465, 0.9293),
    Published("livecodebench", 166, 18881, 16, 0.7172, 0.8735),
    Published("scicode", 65, 43481, 16, 0.0308, 0.0769),
    Published("math-500", 500, 5807, 16, 0.9779, 0.9940),
    Published("aime24", 30, 19875, 16, 0.8854, 0.9333),
    Published("aime25", 30, 23366, 16, 0.8438, 0.9333),
)


def strength(line: Published) -> float:
    """The a + b of the beta distribution with that mean for which 1 - E[(1 - rate)^k] is pass@k."""

    def passed(total: float) -> float:
        b = (1.0 - line.mean) * total
        beta = math.lgamma(b + line.k) - math.lgamma(b) + math.lgamma(total) - math.lgamma(total + line.k)
        return 1.0 - math.exp(beta)

    low, high = 1e-4, 1e4
    for _ in range(200):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if passed(middle) < line.passed else (low, middle)
    return low


@dataclass(frozen=True)
class Replay:
    """One replay. asked: the seeds at the end, with those that a server of AT_ONCE requests had begun by then."""

    stopped: int
    asked: int
    error: float


def fitting(random: np.random.Generator, line: Published) -> FloatArray:
    """Rates of the beta distribution that fits."""
    total = strength(line)
    return random.beta(line.mean * total, (1.0 - line.mean) * total, size=line.rows)


def noisiest(random: np.random.Generator, line: Published) -> FloatArray:
    """Rates that are all the same, of as many rows as pass at all."""
    return np.where(random.random(line.rows) < line.passed, line.mean / line.passed, 0.0)


def replay(random: np.random.Generator, rates: FloatArray, line: Published) -> Replay:
    columns: list[FloatArray] = []
    begun = max(fewest_seeds(line.rows), begun_before_a_look(rates.mean() * line.rows, line.rows, PRECISION, line.rows))
    while len(columns) < LIMIT:
        columns.append((random.random(line.rows) < rates).astype(float))
        k, found = len(columns), np.stack(columns, axis=1)
        if known_well_enough(found, PRECISION):
            break
        if k >= fewest_seeds(line.rows):
            needed = max(k + 1, seeds_for_error(PRECISION, cautious_variance(found), line.rows))
            ahead = k + math.ceil(AT_ONCE / line.rows)
            begun = max(begun, min(ahead, begun_at_most(Look(k, 0.0, False, needed))))
    asked = max(k, min(begun, LIMIT))
    true_error = math.sqrt(float((rates * (1 - rates)).mean()) / (line.rows * asked))
    return Replay(k, asked, true_error)


def main() -> None:
    random = np.random.default_rng(2025)
    sums = np.zeros(4)
    print(f"pass@1 to {100 * PRECISION:g} points everywhere; medians of {TRIALS} replays, {AT_ONCE} requests at once")
    print("                 published         the bound   rates that fit    the noisiest rates that fit")
    print("                 seeds  error      seeds       seeds  error      seeds  error")
    for line in TABLES:
        bound = line.mean * (1.0 - line.mean / line.passed)
        by_bound = seeds_for_error(PRECISION, bound, line.rows)
        kinds = [[replay(random, rates(random, line), line) for _ in range(TRIALS)] for rates in (fitting, noisiest)]
        asked = [float(np.median([each.asked for each in found])) for found in kinds]
        errors = [100 * float(np.median([each.error for each in found])) for found in kinds]
        published = 100 * math.sqrt(bound / (line.rows * line.k))
        print(
            f"{line.name:<15} {line.k:>6} {published:>6.2f} {by_bound:>10} "
            f"{asked[0]:>11.0f} {errors[0]:>6.2f} {asked[1]:>10.0f} {errors[1]:>6.2f}"
        )
        sums += np.array([line.k, by_bound, *asked]) * line.seed / 1e9
    names = ("published", "the bound", "rates that fit", "the noisiest")
    print("billion tokens: " + ", ".join(f"{name} {value:.2f}" for name, value in zip(names, sums, strict=True)))


if __name__ == "__main__":
    main()
