"""How near one queue comes to the lower bound: 30 rows, 16 seeds, 64 at once, answer times of a reasoning model."""

from __future__ import annotations

import heapq
import json
import math
import random
import statistics
import tempfile
from pathlib import Path

from tests.mock_server.process import mock_process

from bench.measure import run, write_rows
from northstar.engine.schedule.queue import Ask, SampleQueue

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
    now = 0.0
    flying: list[tuple[float, float, Ask]] = []
    while True:
        while len(flying) < SLOTS and (ask := queue.take()) is not None:
            heapq.heappush(flying, (now + durations[ask.group][ask.slot], now, ask))
        if not flying:
            return now
        now, began, ask = heapq.heappop(flying)
        queue.finish(ask.group, now - began)


def seed_after_seed(durations: Durations) -> float:
    return sum(max(row[seed] for row in durations) for seed in range(SEEDS))


def floor(durations: Durations) -> float:
    """A lower bound on the expected total time of any order that knows nothing and takes nothing back, for equal seeds.

    While u rows are unfinished, at most SLOTS / SEEDS of them can have all their seeds under way. To such an order the
    unfinished rows look alike, so the longest is one of those with a chance of at most (SLOTS / SEEDS) / u; its last
    seed starts later than t with a chance of 1 less that, and the total is its start and its length.
    """
    lengths = sorted((row[0] for row in durations), reverse=True)
    start, since = 0.0, 0.0
    for unfinished in range(ROWS, SLOTS // SEEDS, -1):
        shortest = lengths[unfinished - 1]
        start += (shortest - since) * (1 - SLOTS / SEEDS / unfinished)
        since = shortest
    return start + lengths[0]


def on_a_server() -> None:
    """The same through `ns eval`, against a mock server with 64 slots; a second run asks as many further seeds."""
    slow = "--delay=lognormal:0.4,1.4,20"
    with tempfile.TemporaryDirectory() as name, mock_process(slow, f"--slots={SLOTS}", "--tokens=20") as server:
        data, out = Path(name, "data"), Path(name, "out")
        write_rows(data, ROWS)
        words = ("eval", f"--data_dir={data}", f"--server_address={server.address}", "--model=mock")
        for said, seeds, first in (("nothing known", SEEDS, 0), ("seeds known", SEEDS, SEEDS)):
            asked = (f"--benchmarks=aime24:{seeds}", f"--starting_seed={first}", f"++max_concurrent_requests={SLOTS}")
            run(*words, *asked, f"--output_dir={out}")
            files = [out / f"eval-results/aime24/output-rs{seed}.jsonl" for seed in range(first, first + seeds)]
            times = [[_times(line) for line in file.open()] for file in files]
            durations = [[end - start for start, end in seed] for seed in times]
            bound = max(sum(map(sum, durations)) / SLOTS, max(map(max, durations)))
            total = max(end for seed in times for _, end in seed) - min(start for seed in times for start, _ in seed)
            print(
                f"  on a server, {said:<14} {total:.1f} s, {total / bound:.2f} of the bound; "
                f"seed after seed {sum(map(max, durations)) / bound:.2f}"
            )


def _times(line: str) -> tuple[float, float]:
    record = json.loads(line)
    return record["generation_start_time"], record["generation_end_time"]


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
        if not noise:
            ratios["floor, nothing known"] = []
        for _ in range(DRAWS):
            durations = draw(rng, noise)
            bound = max(sum(map(sum, durations)) / SLOTS, max(map(max, durations)))
            totals = makespan(durations, False), makespan(durations, True), seed_after_seed(durations), floor(durations)
            for name, total in zip(ratios, totals, strict=False):
                ratios[name].append(max(total / bound, 1.0))
        for name, values in ratios.items():
            print(f"  seeds differ by {noise:.2f}  {name:<26} {statistics.median(values):6.2f} {max(values):6.2f}")
    on_a_server()


if __name__ == "__main__":
    main()
