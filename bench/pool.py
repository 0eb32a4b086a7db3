"""Makespan of the tutorial's mix on several nodes: the pool, today's dealing, one job for each benchmark and seed.

A simulation of the real scheduling code (Share, Claims on a real folder, PendingSamples) in simulated time. A node
makes FULL tokens/s with SLOTS requests in flight and PEAK * n / (n + HALF) with n, shared equally by its requests.
"""

from __future__ import annotations

import heapq
import math
import random
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple, cast

from northstar.engine.pooled.share import Place, Share
from northstar.engine.schedule.schedule import PendingSamples
from northstar.pool.claims import Claims
from northstar.pool.leases import Leases
from northstar.pool.sizes import ahead
from northstar.pool.tokens import ShardName
from northstar.results.layout import Shard

MIX = {
    "aime24": (30, 19_875),
    "aime25": (30, 23_366),
    "gpqa": (198, 11_046),
    "hle": (2_158, 12_111),
    "livecodebench": (279, 18_881),
    "math-500": (500, 5_807),
    "mmlu-pro": (12_032, 4_879),
    "scicode": (65, 43_481),
}
"""Benchmark → rows, and the mean of generated tokens by the tutorial's tables (a SciCode problem's steps together)."""
SEEDS = 16
SLOTS, HALF, FULL = 512, 128, 4_690.0
"""4,690 tokens/s are the tutorial's best on one node, of MMLU-Pro; HALF gives a single request 46 tokens/s."""
PEAK = FULL * (SLOTS + HALF) / SLOTS
START = 300.0
"""Seconds until a server answers."""
LONGEST = 65_536

Sample = tuple[str, int, int]
"""Benchmark, seed, row."""


class Node:
    """A server whose requests share its speed: each is done once `served` reaches its end."""

    def __init__(self, now: float) -> None:
        self.now, self.served = now, 0.0
        self.flying: list[tuple[float, int, Any]] = []
        self._number = 0

    def ask(self, tokens: float, what: Any) -> None:
        self._number += 1
        heapq.heappush(self.flying, (self.served + tokens, self._number, what))

    @property
    def next_end(self) -> float:
        """When the next request ends, if none is added before."""
        return self.now + (self.flying[0][0] - self.served) / self._speed if self.flying else math.inf

    def advance(self, now: float) -> None:
        if self.flying:
            self.served += (now - self.now) * self._speed
        self.now = now

    def pop(self) -> Any:
        self.advance(self.next_end)
        return heapq.heappop(self.flying)[2]

    @property
    def _speed(self) -> float:
        return PEAK / (len(self.flying) + HALF)


def draw(rng: random.Random) -> dict[Sample, float]:
    """Tokens of each sample: rows are log-normal (0.6), and a row's seeds differ (0.3)."""
    found = {}
    for name, (rows, mean) in MIX.items():
        scale = mean / math.exp((0.6**2 + 0.3**2) / 2)
        for row in range(rows):
            typical = scale * math.exp(0.6 * rng.gauss(0, 1))
            for seed in range(SEEDS):
                found[name, seed, row] = min(LONGEST, typical * math.exp(0.3 * rng.gauss(0, 1)))
    return found


def taken(pending: PendingSamples) -> Any:
    try:
        pending.take().send(None)
    except StopIteration as end:
        return end.value
    raise AssertionError("it waited")


class Puller(Node):
    """A node of a pool, as PooledSamples is one."""

    def __init__(
        self, folder: Path, name: str, places: dict[ShardName, Place], tokens: dict[Sample, float], begins: float
    ) -> None:
        super().__init__(begins + START)
        self._tokens = tokens
        self.claims = Claims(folder, name)
        self._share = Share(self.claims, Leases(math.inf), places, lambda shard: MIX[shard.benchmark][1])
        self._share.enter()
        self._pending = PendingSamples([])
        self._shards = {key: cast(Any, SimpleNamespace(shard=place.shard)) for key, place in places.items()}
        self._claimed: dict[tuple[ShardName, int], tuple[Any, set[int]]] = {}
        self._since, self._taken, self._pace = self.now, 0, 0.0
        self._empty = False
        self.claims_made = 0

    def fill(self) -> None:
        """Ask until all slots are busy, and claim before there is too little."""
        while True:
            while len(self.flying) < SLOTS and self._pending.left:
                due = taken(self._pending)
                self._taken += 1
                self.ask(self._tokens[due.shard.shard.benchmark, due.shard.shard.seed, due.row], due)
            if self.now - self._since > 1.0:
                self._pace, self._taken, self._since = self._taken / (self.now - self._since), 0, self.now
            wanted = SLOTS - len(self.flying) + ahead(self._pace) - self._pending.left
            if wanted <= 0 or self._empty:
                return
            claimed = self._share.claim(wanted, SLOTS)
            self._empty = not claimed.tokens  # nobody dies here, so nothing comes back
            self.claims_made += len(claimed.tokens)
            for token in claimed.tokens:
                left = set(token.rows)
                self._claimed.update({(token.shard, row): (token, left) for row in token.rows})
                self._pending.add(self._shards[token.shard], token.rows)

    def finish(self) -> None:
        began = self.now
        due = self.pop()
        self._pending.finish(due, self.now - began)
        token, left = self._claimed[ShardName(due.shard.shard.benchmark, due.shard.shard.stem), due.row]
        left.discard(due.row)
        if not left:
            self.claims.retire(token)


def pooled(tokens: dict[Sample, float], begins: Sequence[float]) -> tuple[float, int]:
    """Return the makespan, and how many claims were made. begins: of each node, in order."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shards = [Shard(each, seed, range(rows)) for each, (rows, _) in MIX.items() for seed in range(SEEDS)]
        places = {ShardName(each.benchmark, each.stem): Place(each, folder / "none") for each in shards}
        nodes = [Puller(folder / "pool", f"n{number}", places, tokens, when) for number, when in enumerate(begins)]
        ends = [(node.now, number) for number, node in enumerate(nodes)]
        while ends:
            _, number = heapq.heappop(ends)
            node = nodes[number]
            if node.flying:
                node.finish()
            node.fill()
            if node.flying:
                heapq.heappush(ends, (node.next_end, number))
        return max(node.now for node in nodes), sum(node.claims_made for node in nodes)


class Unit(NamedTuple):
    benchmark: str
    seed: int


def alone(units: Sequence[Unit], tokens: dict[Sample, float], now: float) -> float:
    """When a job with these units ends that begins now; it asks them in the order in which they stand."""
    node = Node(now + START)
    waiting: Iterator[Sample] = (
        (unit.benchmark, unit.seed, row) for unit in units for row in range(MIX[unit.benchmark][0])
    )
    for sample in waiting:
        while len(node.flying) >= SLOTS:
            node.pop()
        node.ask(tokens[sample], sample)
    while node.flying:
        node.pop()
    return node.now


def dealt(tokens: dict[Sample, float], begins: Sequence[float]) -> float:
    """Return the makespan where units are dealt out by their rows beforehand, as before the pool."""
    jobs: list[tuple[int, int, list[Unit]]] = [(0, number, []) for number in range(len(begins))]
    units = [Unit(name, seed) for name in MIX for seed in range(SEEDS)]
    for unit in sorted(units, key=lambda unit: -MIX[unit.benchmark][0]):
        load, number, mine = heapq.heappop(jobs)
        heapq.heappush(jobs, (load + MIX[unit.benchmark][0], number, [*mine, unit]))
    return max(alone(mine, tokens, begins[number]) for _, number, mine in jobs)


def one_a_unit(tokens: dict[Sample, float], begins: Sequence[float]) -> float:
    """Return the makespan of a job for each unit, on so many nodes, one after the other as they get free."""
    free = [*begins]
    for name in MIX:
        for seed in range(SEEDS):
            heapq.heappush(free, alone([Unit(name, seed)], tokens, heapq.heappop(free)))
    return max(free)


def main() -> None:
    tokens = draw(random.Random(1))
    total, longest = sum(tokens.values()), max(tokens.values())
    print(f"{len(tokens):,} samples, {total / 1e9:.2f} billion tokens; hours, and times max(work / N, longest + start)")
    ways: dict[str, Callable[[dict[Sample, float], Sequence[float]], float]] = {
        "dealt": dealt,
        "one job a unit": one_a_unit,
    }
    for count, apart in ((2, 0), (4, 0), (8, 0), (16, 0), (12, 0), (8, 1800)):
        begins = [float(apart * number) for number in range(count)]
        bound = max((total / FULL + sum(begins)) / count, longest / (PEAK / (1 + HALF)) + START)
        seconds, claims = pooled(tokens, begins)
        cells = [f"pool {seconds / 3600:6.1f} h {seconds / bound:5.2f} ({claims} claims)"]
        for name, way in ways.items():
            seconds = way(tokens, begins)
            cells.append(f"{name} {seconds / 3600:6.1f} h {seconds / bound:5.2f}")
        when = f", {apart / 60:.0f} min apart" if apart else ""
        print(f"  {count:>2} nodes{when}, bound {bound / 3600:.1f} h: " + "; ".join(cells), flush=True)


if __name__ == "__main__":
    main()
