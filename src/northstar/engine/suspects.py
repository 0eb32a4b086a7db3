"""Finds the request that ends the server: those it had each time are asked again, in ever smaller company."""

from __future__ import annotations

from northstar.engine.feed import Due

FEWER = 8
"""By so many times fewer are in flight in each round: of 512 suspects 64 at once, then 8, then each alone."""

_Key = tuple[str, int]


class Suspects:
    """Samples that are under suspicion, by row: the seeds of a row share a prompt, so one of them is asked for all."""

    def __init__(self) -> None:
        self._rows: dict[_Key, list[Due]] = {}
        self._confirmed: set[_Key] = set()

    def __len__(self) -> int:
        """Rows."""
        return len(self._rows)

    def __contains__(self, due: Due) -> bool:
        """Whether the sample's row is under suspicion."""
        return _key(due) in self._rows

    def add(self, due: Due) -> None:
        self._rows.setdefault(_key(due), []).append(due)

    def foremost(self) -> list[Due]:
        """Whom to ask in the next round: one of each row."""
        self._confirmed.clear()
        return [dues[0] for dues in self._rows.values()]

    def confirm(self, due: Due) -> None:
        """The server ended once more while it had this one among others."""
        self._confirmed.add(_key(due))

    def convict(self, due: Due) -> None:
        """The server ended while it had nothing but this one. The others of its row stay under suspicion."""
        self._confirmed.add(_key(due))
        self._rows[_key(due)].remove(due)
        if not self._rows[_key(due)]:
            del self._rows[_key(due)]

    def acquit(self) -> list[Due]:
        """After a round: rows whose sample was answered are cleared; returns their other samples, to be asked."""
        cleared = [key for key in self._rows if key not in self._confirmed]
        return [due for key in cleared for due in self._rows.pop(key)[1:]]


def fewer(at_once: int, suspects: int) -> int:
    """How many suspects are asked at once, where it was `at_once` before: one at last."""
    return max(1, min(at_once, suspects) // FEWER)


def _key(due: Due) -> _Key:
    return due.unit.unit.benchmark, due.row
