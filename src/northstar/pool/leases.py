"""Judges which nodes are gone, by this node's own clock alone: clocks of two nodes are never compared."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from northstar.core.clock import monotonic

RENEW_SECONDS = 10.0
"""How often a node says that it is alive."""
LEASE_SECONDS = 120.0
"""How long a node may be silent before others take its work."""
SILENT_RENEWALS = 3
"""How many signs of life a node may miss until it counts as silent."""

_UNHEARD = -1


class _Heard(NamedTuple):
    """beats: how often the node has said that it is alive. moved: whether that has grown while this one watched."""

    beats: int
    silent: float = 0.0
    moved: bool = False


class Leases:
    """How long each node has been silent, as far as this one has watched.

    Time between two looks counts as two renewals at most: after a pause of this node, or of the whole file system, the
    others have the time to be heard again before they are taken for dead.

    Args:
        lease: Seconds of silence after which a node is gone.
        renew: Seconds between two signs of life.
        clock: Seconds of this process.
    """

    def __init__(
        self, lease: float = LEASE_SECONDS, renew: float = RENEW_SECONDS, clock: Callable[[], float] = monotonic
    ) -> None:
        self._lease, self._renew, self._clock = lease, renew, clock
        self._heard: dict[str, _Heard] = {}
        self._looked = clock()

    def look(self, beats: Mapping[str, int], holders: Iterable[str]) -> None:
        """Take in how often each node has said that it is alive; holders: nodes that have work, of any state."""
        now = self._clock()
        step, self._looked = min(now - self._looked, 2 * self._renew), now
        before, self._heard = self._heard, {}
        for node in {*beats, *holders} - {""}:
            heard = before.get(node)
            # A name that is being renamed may be missing for once.
            count = beats.get(node, _UNHEARD if heard is None else heard.beats)
            if heard is None:
                self._heard[node] = _Heard(count)
            elif heard.beats != count:
                self._heard[node] = _Heard(count, moved=True)
            else:
                self._heard[node] = heard._replace(silent=heard.silent + step)

    def is_gone(self, node: str) -> bool:
        """Whether the node has been silent for longer than the lease."""
        heard = self._heard.get(node)
        return heard is not None and heard.silent > self._lease

    def is_alive(self, node: str) -> bool:
        """Whether the node was heard a moment ago. One that is neither gone nor alive is still waited for."""
        heard = self._heard.get(node)
        return heard is not None and heard.moved and heard.silent <= SILENT_RENEWALS * self._renew
