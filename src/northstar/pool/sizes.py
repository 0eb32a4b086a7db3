"""How much a node claims, and what first: pure functions, which bench/pool.py simulates."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

from northstar.pool.tokens import ShardName, Token

PARTS_OF_SLOTS = 4
"""A claim is at least this share of a node's requests in flight, as long as there is plenty."""
AHEAD_SECONDS = 2.0
"""For how long a node has samples waiting, at the pace at which it asks: for longer than a claim takes."""


def chunk(unclaimed: int, nodes: int, slots: int, wanted: int) -> int:
    """Return how many samples to claim at once: less and less towards the end, so that all nodes end together.

    Args:
        unclaimed: Samples that are free.
        nodes: Nodes that share them.
        slots: Requests that the node has in flight at most.
        wanted: How many it could ask now.

    >>> chunk(100_000, 4, 512, wanted=3), chunk(100_000, 4, 512, wanted=512), chunk(400, 4, 512, 3), chunk(3, 4, 512, 3)
    (128, 512, 50, 1)
    """
    return max(1, min(max(wanted, math.ceil(slots / PARTS_OF_SLOTS)), math.ceil(unclaimed / (2 * max(nodes, 1)))))


def ahead(asked_a_second: float) -> int:
    """Return how many samples should wait in a node.

    >>> ahead(0.0), ahead(100.0)
    (1, 200)
    """
    return max(1, math.ceil(AHEAD_SECONDS * asked_a_second))


def longest_first(tokens: Iterable[Token], tokens_of: Callable[[ShardName], float]) -> list[Token]:
    """Order tokens by the expected length of an answer of their benchmark, then by seed and row.

    Args:
        tokens: The tokens.
        tokens_of: Shard → how many tokens the model generates for one of its samples.
    """
    return sorted(tokens, key=lambda token: (-tokens_of(token.shard), token.shard.benchmark, _by_number(token)))


def _by_number(token: Token) -> tuple[int, str, int]:
    stem = token.shard.stem
    return len(stem), stem, token.first  # output-rs9 before output-rs10
