"""How near one queue comes to the lower bound: 30 rows, 16 seeds, 64 at once, answer times of a reasoning model."""

from __future__ import annotations

import heapq
import math
import random
import statistics
import sys

from northstar.engine.queue import SampleQueue

ROWS, SEEDS, SLOTS, LONGEST, DRAWS = 30, 16, 64, 20.0, 40
Durations = list[list[float]]


def draw(rng: random.Random, noise: float) -> Durations:
    """[rows][seeds]: log-normal times whose longest row is 20 medians; each seed differs by `noise` (log-normal)."""
    normal = sorted(rng.gauss(0, 1) for _ in range(ROWS))
    median = statistics.median(normal)
    sigma = math.log(LONGEST) / (normal[-1] - median)
    rows = [math.exp(sigma * (value - median)) for value in normal]
    rng.shuffle(rows)
    return [[row * math.exp(noise * rng.gauss(0, 1)) for _ in range(SEEDS)] for row in rows]


def makespan(durations: Durations, known: bool) -> float:
    queue = SampleQueue([range(SEEDS)] * ROWS)
    if known:
        for row, times in enumerate(durations):
            queue.know(row, times[0])
    now, flying = 0.0, []
    while True:
        while len(flying) < SLOTS and (ask := queue.take()) is not None:
            heapq.heappush(flying, (now + durations[ask.group][ask.slot], now, ask))
        if not flying:
            return now
        now, began, ask = heapq.heappop(flying)
        queue.finish(ask.group, now - began)


def seed_after_seed(durations: Durations) -> float:
    return sum(max(row[seed] for row in durations) for seed in range(SEEDS))


def main() -> None:
    print(
        f"{ROWS} rows x {SEEDS} seeds, {SLOTS} at once; "
        f"total time / max(sum/{SLOTS}, longest), median and worst of {DRAWS}"
    )
    for noise in (0.0, 0.15, 0.3):
        rng = random.Random(1)
        ratios: dict[str, list[float]] = {
            "one queue, nothing known": [],
            "one queue, a seed known": [],
            "seed after seed": [],
        }
        for _ in range(DRAWS):
            durations = draw(rng, noise)
            bound = max(sum(map(sum, durations)) / SLOTS, max(map(max, durations)))
            totals = makespan(durations, False), makespan(durations, True), seed_after_seed(durations)
            for name, total in zip(ratios, totals, strict=True):
                ratios[name].append(total / bound)
        for name, values in ratios.items():
            print(f"  seeds differ by {noise:.2f}  {name:<26} {statistics.median(values):6.2f} {max(values):6.2f}")


if __name__ == "__main__":
    sys.exit(main())
