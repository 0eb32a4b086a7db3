"""run.log: what a run of this process says on stderr, kept for `ns logs`; one that a scheduler runs has its log."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from northstar.core.clock import monotonic, utc_text
from northstar.core.text import printable
from northstar.engine.bookkeeping import surviving
from northstar.engine.counters import RunCounters
from northstar.models.secrets import without_secrets
from northstar.progress.facts import facts_of
from northstar.progress.lines import plain_line
from northstar.progress.waiting import LOOK_SECONDS

NAME = "run.log"
LINE_SECONDS = 60.0
"""So often at most a line says how far the run is."""


class RunLog:
    """Appends a run's notices, now and then how far it is, and how it ended.

    folder: returns where, or None while there is nothing to write.
    """

    def __init__(self, folder: Callable[[RunCounters], Path | None]) -> None:
        self._folder = folder
        self._shown = 0
        self._last = ""

    async def keep(self, counters: RunCounters) -> None:
        """Write what is new, until cancelled."""
        pause, due = 1.0, 0.0
        while True:
            wanted = monotonic() >= due
            self._write(counters, [plain_line(facts_of(counters))] if wanted else [])
            if wanted:
                due, pause = monotonic() + pause, min(2 * pause, LINE_SECONDS)
            await asyncio.sleep(LOOK_SECONDS)

    def end(self, counters: RunCounters, *lines: str) -> None:
        """Write what is left to say."""
        self._write(counters, [plain_line(facts_of(counters)), *lines])

    def _write(self, counters: RunCounters, lines: list[str]) -> None:
        with surviving(counters, "ns logs does not show all that this run said"):
            folder = self._folder(counters)
            fresh = lines if lines[:1] != [self._last] else lines[1:]
            if folder is None or not (wanted := [*counters.notices[self._shown :], *fresh]):
                return
            shown, now = len(counters.notices), utc_text()
            with (folder / NAME).open("a", encoding="utf-8") as log:
                log.writelines(f"{now}  {printable(without_secrets(line))}\n" for line in wanted)
            self._shown, self._last = shown, lines[0] if lines else self._last
