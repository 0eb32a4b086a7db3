"""The share of one node in a pool: what it claims, gives up and finishes in the pool's folder. Runs in threads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from northstar.core.errors import NorthstarError
from northstar.core.lock import check_unlocked
from northstar.pool.claims import Claims
from northstar.pool.leases import Leases
from northstar.pool.parts import PartJournal, has_parts
from northstar.pool.sizes import chunk, longest_first
from northstar.pool.tokens import Listing, ShardName, Token
from northstar.results.layout import Shard, path_of, shard_lock
from northstar.results.state import done_path


class Place(NamedTuple):
    """A shard, and the folder of its output."""

    shard: Shard
    folder: Path


@dataclass(frozen=True)
class Claimed:
    """The result of trying to claim more.

    Attributes:
        tokens: What was claimed.
        lost: What others have taken from this node, since they took it for dead.
        waiting: Rows of each shard that are free.
        nodes: How many nodes share the work.
        claimable: Whether anything is free, or of a node that is gone.
        elsewhere: Rows that this node does not have, free or claimed by others.
        over: Whether nothing will come: all is done, or claimed by nodes that are alive.
        orphans: Shards of which nothing is free, claimed or written, and that no other node looks after.
    """

    tokens: Sequence[Token] = ()
    lost: Sequence[Token] = ()
    waiting: Mapping[ShardName, int] = field(default_factory=dict)
    nodes: int = 1
    claimable: bool = False
    elsewhere: int = 0
    over: bool = False
    orphans: Sequence[ShardName] = ()


class Share:
    """What one node has of a pool. Its methods wait for each other.

    Args:
        claims: Claims in the pool's folder.
        leases: Judges which nodes are gone.
        places: The shards that this node may work on.
        tokens_of: Shard → how many tokens the model is expected to generate for one of its samples.
        earlier: Whether a node of this name was an earlier life of this one, and so is gone.
    """

    def __init__(
        self,
        claims: Claims,
        leases: Leases,
        places: Mapping[ShardName, Place],
        tokens_of: Callable[[ShardName], float],
        earlier: Callable[[str], bool] = lambda _: False,
    ) -> None:
        self._claims, self._leases, self._places = claims, leases, places
        self._tokens_of, self._earlier = tokens_of, earlier
        self._held: set[Token] = set()
        self._done: set[ShardName] = set()
        self._finishing: set[ShardName] = set()
        self._lock = threading.RLock()
        self._left = False

    def enter(self) -> None:
        """Say that this node is alive, and put in what no node has put in yet.

        Raises:
            NorthstarError: The folder cannot be written, or a run that is one job works on a shard.
        """
        with self._lock:
            self._claims.enter()
            born = self._claims.look().born
            new = {name: place for name, place in self._places.items() if name not in born and not self._is_done(name)}
            for shard, folder in new.values():
                # After `enter`: a run that is one job locks its shards before it looks for the pool's folder.
                check_unlocked(shard_lock(folder, shard.stem), str(path_of(folder, shard.stem)))
            for name, (shard, folder) in new.items():
                # Later epochs are looked for in journals before they are asked.
                self._claims.put_in(name, 0, [shard.rows], epoch=int(has_parts(folder, shard)))

    def renew(self) -> bool:
        """Say that this node is alive; False if others have taken it for dead. Raises NorthstarError."""
        with self._lock:
            return self._left or self._claims.renew()

    def leave(self) -> None:
        """Give back what is not done. Does its best: what stays behind others take over."""
        with self._lock:
            self._left = True
            with suppress(NorthstarError, OSError):
                self._claims.leave()

    def claim(self, wanted: int, slots: int) -> Claimed:
        """Claim about as many samples as are wanted. slots: see sizes.chunk. Raises NorthstarError."""
        with self._lock:
            if self._left:
                return Claimed(over=True)
            listing = self._look()
            lost = self._lost(listing)
            mine: list[Token] = []
            free = [token for token in listing.free if token.shard in self._places]
            gone = [token for token in self._others(listing) if self._is_gone(token.holder)]
            unclaimed = sum(len(token.rows) for token in (*free, *gone))
            for token in (*longest_first(free, self._tokens_of), *longest_first(gone, self._tokens_of)):
                if wanted <= 0:
                    break
                if self._is_done(token.shard):
                    self._claims.remove_shard(token.shard, listing)
                elif (
                    found := self._claims.claim(token, chunk(unclaimed, len(listing.beats), slots, wanted))
                ) is not None:
                    mine.append(found)
                    wanted -= len(found.rows)
                    unclaimed -= len(found.rows)
            self._held.update(mine)
            self._expel(listing)
            others = self._others(listing)
            missing = () if free or gone else self._missing(listing)
            nodes = set(listing.beats) - {self._claims.node}
            over = not free and not gone and all(self._leases.is_alive(token.holder) for token in others)
            return Claimed(
                tokens=mine,
                lost=lost,
                waiting=_rows_of(free),
                nodes=max(len(listing.beats), 1),
                claimable=bool(free or gone),
                elsewhere=sum(len(token.rows) for token in (*free, *others)) - sum(len(token.rows) for token in mine),
                over=over and (not missing or any(map(self._leases.is_alive, nodes))),
                orphans=missing if all(map(self._is_gone, nodes)) else (),
            )

    def retire(self, token: Token, journal: PartJournal) -> bool:
        """Remove a token whose rows are done; True if the shard has no other. Raises NorthstarError."""
        journal.sync()
        with self._lock:
            self._held.discard(token)
            self._claims.retire(token)
            return token.shard not in self._claims.look().shards

    def begin_finishing(self, name: ShardName) -> bool:
        """Return whether this node is to write the output of a shard: False if it does so already."""
        with self._lock:
            if name in self._finishing or name in self._done:
                return False
            self._finishing.add(name)
            return True

    def end_finishing(self, name: ShardName, missing: Sequence[range]) -> None:
        """Remove a shard whose output is written, or put in the rows that no node has. Raises NorthstarError."""
        with self._lock:
            self._finishing.discard(name)
            listing = self._claims.look()
            if not missing:
                self._done.add(name)
                self._claims.remove_shard(name, listing)
            elif name not in listing.shards:  # nobody is at these rows: a node lost them with its disk
                time = listing.born.get(name, 0)
                self._claims.put_in(name, time, missing, epoch=time + 1)

    def _look(self) -> Listing:
        listing = self._claims.look()
        self._leases.look(listing.beats, (token.holder for token in listing.tokens))
        for token in listing.tokens:
            if token.shard in self._places and not self._has_rows_of(token):
                folder = self._claims.folder
                raise NorthstarError(
                    f"{folder / token.file} is of rows that {token.shard.benchmark} does not have now: an earlier run "
                    f"left it. Remove {folder} once no job works on it."
                )
        return listing

    def _has_rows_of(self, token: Token) -> bool:
        rows = self._places[token.shard].shard.rows
        return rows.start <= token.first and token.end <= rows.stop

    def _lost(self, listing: Listing) -> list[Token]:
        there = set(listing.tokens)
        lost = [token for token in self._held if token not in there and not self._claims.has(token)]
        self._held.difference_update(lost)
        return lost

    def _others(self, listing: Listing) -> list[Token]:
        """The tokens of other nodes, of shards that this one may work on."""
        node = self._claims.node
        return [token for token in listing.tokens if token.holder not in ("", node) and token.shard in self._places]

    def _is_gone(self, node: str) -> bool:
        return self._leases.is_gone(node) or self._earlier(node)

    def _expel(self, listing: Listing) -> None:
        """Remove the signs of life of nodes that are gone."""
        for node, count in listing.beats.items():
            if node != self._claims.node and self._is_gone(node):
                self._claims.expel(node, count)

    def _missing(self, listing: Listing) -> list[ShardName]:
        """The shards that nobody has, and that have no output: another node may be writing it."""
        missing = [name for name in self._places if name not in listing.shards and name not in self._finishing]
        return [name for name in missing if not self._is_done(name)]

    def _is_done(self, name: ShardName) -> bool:
        if name in self._done:
            return True
        shard, folder = self._places[name]
        if done_path(folder, shard) is None:
            return False
        self._done.add(name)
        return True


def _rows_of(tokens: Iterable[Token]) -> dict[ShardName, int]:
    found: dict[ShardName, int] = {}
    for token in tokens:
        found[token.shard] = found.get(token.shard, 0) + len(token.rows)
    return found
