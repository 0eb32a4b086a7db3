"""Finds what nodes that are gone have done of rows that this one takes over."""

from __future__ import annotations

from dataclasses import dataclass, field

from northstar.core.errors import NorthstarError
from northstar.core.records import Generation, Turn
from northstar.engine.open_shard import OpenShard
from northstar.pool.parts import Parts
from northstar.results.state import done_path


@dataclass
class Found:
    """What the journals of all nodes hold of some rows: those that are done, and what is begun of others."""

    done: set[int] = field(default_factory=set)
    answered: dict[int, Generation] = field(default_factory=dict)
    turns: dict[int, list[Turn]] = field(default_factory=dict)


def find_done(shard: OpenShard, rows: range) -> Found:
    """Read the journals of all nodes. Raises NorthstarError."""
    found = Found()
    try:
        parts = Parts(shard.folder, shard.shard)
    except NorthstarError:
        if done_path(shard.folder, shard.shard) is None:
            raise
        return Found(done=set(rows))  # another node has written the output just now, and removed them
    try:
        for row in rows:
            if parts.done(row) is not None:
                found.done.add(row)
            elif (begun := parts.begun(row)) is not None:
                if begun.has_generation(row):
                    found.answered[row] = begun.generation(row)
                else:
                    found.turns[row] = begun.turns(row)
    finally:
        parts.close()
    return found
