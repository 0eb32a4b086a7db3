"""The names of the files in a pool's folder, which hold all of its state: pure functions.

    aime24,output-rs3,0-30,0,                 rows 0 to 29 of a shard, free
    aime24,output-rs3,0-30,0,17-4f2a9c1e      the same, claimed by a node
    aime24,output-rs3,0                       the shard was put into the pool (a second time: 1)
    17-4f2a9c1e,42                            a node, and how often it has said that it is alive

The files are empty. Whoever renames one has it: a rename succeeds for one of several that try it at once, on every file
system. A token's epoch grows each time that its rows leave a node before they are done.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

_TOKEN = re.compile(
    r"(?P<benchmark>[^,/]+),(?P<stem>[^,/]+),(?P<first>[0-9]+)-(?P<end>[0-9]+),(?P<epoch>[0-9]+),(?P<holder>[^,/]*)"
)
_BORN = re.compile(r"(?P<benchmark>[^,/]+),(?P<stem>[^,/]+),(?P<time>[0-9]+)")
_BEAT = re.compile(r"(?P<node>[^,/]+),(?P<count>[0-9]+)")


class ShardName(NamedTuple):
    """A shard, as files name it: the benchmark, and the stem of its output."""

    benchmark: str
    stem: str


@dataclass(frozen=True, slots=True)
class Token:
    """Some rows of a shard that are not done. holder: the node that has claimed them; '' for none."""

    shard: ShardName
    first: int
    end: int
    epoch: int = 0
    holder: str = ""

    @property
    def file(self) -> str:
        """
        >>> Token(ShardName("aime24", "output-rs3"), 0, 30).file
        'aime24,output-rs3,0-30,0,'
        """
        return f"{self.shard.benchmark},{self.shard.stem},{self.first}-{self.end},{self.epoch},{self.holder}"

    @property
    def rows(self) -> range:
        return range(self.first, self.end)

    def split(self, size: int) -> tuple[Token, Token | None]:
        """Return the first `size` rows, and the rest if there is any."""
        if size >= self.end - self.first:
            return self, None
        return replace(self, end=self.first + size), replace(self, first=self.first + size)


@dataclass(frozen=True)
class Listing:
    """What a pool's folder says at one moment.

    Attributes:
        born: Shard → how often it was put into the pool.
        beats: Node → how often it has said that it is alive.
    """

    tokens: Sequence[Token] = ()
    born: Mapping[ShardName, int] = field(default_factory=dict)
    beats: Mapping[str, int] = field(default_factory=dict)

    @property
    def free(self) -> list[Token]:
        return [token for token in self.tokens if not token.holder]

    @property
    def shards(self) -> set[ShardName]:
        """The shards of which any rows are free or claimed."""
        return {token.shard for token in self.tokens}

    def held_by(self, node: str) -> list[Token]:
        return [token for token in self.tokens if token.holder == node]


def read_names(names: Iterable[str]) -> Listing:
    """Read the names of a pool's files; others' files are skipped."""
    tokens: list[Token] = []
    born: dict[ShardName, int] = {}
    beats: dict[str, int] = {}
    for name in names:
        if found := _TOKEN.fullmatch(name):
            shard = ShardName(found["benchmark"], found["stem"])
            tokens.append(Token(shard, int(found["first"]), int(found["end"]), int(found["epoch"]), found["holder"]))
        elif found := _BORN.fullmatch(name):
            shard = ShardName(found["benchmark"], found["stem"])
            born[shard] = max(born.get(shard, 0), int(found["time"]) + 1)
        elif found := _BEAT.fullmatch(name):
            beats[found["node"]] = max(beats.get(found["node"], 0), int(found["count"]))
    return Listing(sorted(tokens, key=lambda token: (token.shard, token.first, token.epoch)), born, beats)


def born_file(shard: ShardName, time: int) -> str:
    return f"{shard.benchmark},{shard.stem},{time}"


def beat_file(node: str, count: int) -> str:
    return f"{node},{count}"
