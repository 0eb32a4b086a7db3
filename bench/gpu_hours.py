"""GPU hours of the tutorial's table: one job a benchmark and seed as published, a pool, a pool with fewer seeds.

The throughput of a node of 8 GPUs against its requests in flight is set by the tutorial's own figures: 4,690 tokens a
second on MMLU-Pro (12,032 rows of 4,879 tokens in 12,516 s, 512 requests at once), and for one request alone what the
longest answer, of the limit of 65,536 tokens, says: it came within the 832 s of aime25 (79 tokens a second) or within
the 2,042 s of aime24 (32). Between them it saturates, and it is never more than 4,690. Answers are log-normal
(sigma 0.8) around avg_tokens, cut at 65,536 but for SciCode, whose problems have several answers. As published SciCode
takes 69,963 s for what the curve does in a fraction of that; it is simulated both ways: its steps wait for each other's
generation alone (as in Northstar), or as slow as published wherever it runs.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from bench.precision import TABLES, Published, fitting, noisiest, replay
from northstar.statistics.load_curve import LoadCurve, Work, gpu_hours, node_seconds, saturating

GPUS = 8
AT_ONCE = 512
START = 300.0
"""Seconds until a server is ready; an assumption."""
LIMIT = 65536
SIGMA = 0.8
FULL = 4690.0
GEN_SECONDS = {
    "gpqa": 1986,
    "mmlu-pro": 12516,
    "hle": 7782,
    "livecodebench": 1552,
    "scicode": 69963,
    "math-500": 2828,
    "aime24": 2042,
    "aime25": 832,
}
"""As published."""
PUBLISHED_SEEDS = 16
NODES = (1, 4, 16)
REPLAYS = 5


@dataclass(frozen=True)
class Assumed:
    """How fast servers are. scicode: tokens a second of one problem, at most."""

    name: str
    curve: LoadCurve
    scicode: float = math.inf

    def cap(self, line: Published) -> float:
        return self.scicode if line.name == "scicode" else math.inf


def lengths(line: Published, seeds: int, random: np.random.Generator) -> Iterator[float]:
    """Tokens of each sample, with the published mean."""
    drawn = random.lognormal(0.0, SIGMA, size=line.rows * seeds) * line.tokens / math.exp(SIGMA**2 / 2)
    cut = math.inf if line.name == "scicode" else LIMIT
    for _ in range(20):  # cutting lowers the mean
        drawn = np.minimum(drawn * line.tokens / drawn.mean(), cut)
    yield from drawn.tolist()


def work(line: Published, seeds: int, assumed: Assumed, random: np.random.Generator) -> list[Work]:
    return [Work(tokens, assumed.cap(line)) for tokens in lengths(line, seeds, random)]


def unit_seconds(line: Published, assumed: Assumed) -> float:
    """One seed alone on a node, without the start."""
    (seconds,) = node_seconds(work(line, 1, assumed, np.random.default_rng(20)), assumed.curve, AT_ONCE)
    return seconds


def pooled(seeds: Mapping[str, int], assumed: Assumed, nodes: int, claim: int) -> float:
    """GPU hours of all benchmarks from one queue, longest typical answers first."""
    random = np.random.default_rng(20)
    lines = sorted(TABLES, key=lambda line: -line.tokens)
    queue = [each for line in lines for each in work(line, seeds[line.name], assumed, random)]
    return gpu_hours(node_seconds(queue, assumed.curve, AT_ONCE, nodes, START, claim), GPUS)


def enough_seeds(rates: object) -> dict[str, int]:
    """Seeds that bring the error of pass@1 to half a point (bench.precision)."""
    random = np.random.default_rng(2025)
    draw = fitting if rates == "fitting" else noisiest
    return {
        line.name: round(np.median([replay(random, draw(random, line), line).asked for _ in range(REPLAYS)]))
        for line in TABLES
    }


def main() -> None:
    """Simulate and print."""
    published = sum(GEN_SECONDS.values()) * PUBLISHED_SEEDS * GPUS / 3600
    print(f"GPU hours of the tutorial's table as published, one job a benchmark and seed, no starts: {published:,.0f}")
    quick, slow = (saturating(LIMIT / GEN_SECONDS[name], AT_ONCE, FULL) for name in ("aime25", "aime24"))
    scicode = next(line for line in TABLES if line.name == "scicode")
    longest = max(lengths(scicode, 1, np.random.default_rng(20)))
    all_assumed = (
        Assumed("79 tokens/s alone", quick),
        Assumed("32 tokens/s alone", slow),
        Assumed("32, SciCode as slow as published", slow, longest / GEN_SECONDS["scicode"]),
    )
    for line in TABLES:
        simulated = ", ".join(f"{unit_seconds(line, assumed):,.0f}" for assumed in all_assumed)
        print(f"  a seed of {line.name:<14} {GEN_SECONDS[line.name]:>6,} s as published; simulated {simulated}")
    all_seeds = {
        "16 seeds": {line.name: PUBLISHED_SEEDS for line in TABLES},
        "half a point, rates that fit": enough_seeds("fitting"),
        "half a point, noisiest rates": enough_seeds("noisiest"),
    }
    for assumed in all_assumed:
        print(assumed.name)
        for name, seeds in all_seeds.items():
            tokens = sum(line.seed * seeds[line.name] for line in TABLES)
            for claim, dealt in ((1, "spread"), (AT_ONCE, "together")):
                found = [pooled(seeds, assumed, nodes, claim) for nodes in NODES]
                shown = "; ".join(
                    f"{nodes} nodes {hours:,.0f} ({published / hours:.1f} times fewer)"
                    for nodes, hours in zip(NODES, found, strict=True)
                )
                print(f"  {name:<29} {tokens / 1e9:.2f} billion tokens, longest {dealt}: {shown}", flush=True)


if __name__ == "__main__":
    main()
