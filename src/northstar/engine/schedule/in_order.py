"""Hands out the samples of very many rows in their order, with no memory of any."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from northstar.core.benchmark_name import GENERATED
from northstar.engine.open_shard import OpenShard
from northstar.engine.schedule.schedule import Due, PendingSamples, Schedule

MOST_ORDERED = 50_000
"""Samples of a user's file up to which a run remembers how long each row took, to ask long ones first."""


class SamplesInOrder:
    """The samples that have no generation yet, row by row, all seeds of a row together.

    The one long answer that a run waits for at its end is little beside so many samples.
    """

    def __init__(self, shards: Sequence[OpenShard]) -> None:
        self._left = sum(len(shard.shard.rows) - shard.journal.generations for shard in shards)
        self._next = self._dues(shards)

    @property
    def left(self) -> int:
        return self._left

    @property
    def has_next(self) -> bool:
        return self._left > 0

    async def take(self) -> Due | None:
        due = next(self._next, None)
        self._left = 0 if due is None else self._left - 1
        return due

    def finish(self, due: Due, seconds: float) -> None:
        """Do nothing: the order is that of the rows."""

    def fail(self, due: Due) -> None:
        """Do nothing: the next run asks the sample again."""

    def settle(self, shard: OpenShard) -> None:
        """Do nothing: what was graded changes nothing here."""

    @staticmethod
    def _dues(shards: Sequence[OpenShard]) -> Iterator[Due]:
        """Yield the samples. Shards of the same rows go on together."""
        together: dict[tuple[str, range], list[OpenShard]] = {}
        for shard in shards:
            together.setdefault((shard.shard.benchmark, shard.shard.rows), []).append(shard)
        for (_, rows), members in together.items():
            for row in rows:
                yield from (Due(shard, row) for shard in members if not shard.journal.has_generation(row))


def samples_of(shards: Sequence[OpenShard]) -> Schedule:
    """Return what hands out the samples of some shards: long ones first, unless a file has very many rows."""
    own = all(shard.shard.benchmark == GENERATED for shard in shards)
    many = own and sum(len(shard.shard.rows) for shard in shards) > MOST_ORDERED
    return SamplesInOrder(shards) if many else PendingSamples(shards)
