"""Shows a run's progress: a live view on a terminal, otherwise a plain line now and then."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import TYPE_CHECKING

from northstar.core.clock import monotonic
from northstar.core.text import printable
from northstar.progress.facts import facts_of
from northstar.progress.lines import plain_line
from northstar.progress.live import live_view
from northstar.progress.screen import Screen
from northstar.progress.waiting import LOOK_SECONDS, SILENT_SECONDS, Reminder, Silence, waiting_for

if TYPE_CHECKING:
    from northstar.engine.counters import RunCounters

REFRESH_SECONDS = 0.25
PLAIN_SECONDS = 15.0


async def watch(counters: RunCounters, silent: float = SILENT_SECONDS) -> None:
    """Show `counters` on stderr until cancelled; the last state stays visible.

    Args:
        counters: The run's.
        silent: Seconds without news after which it says what the run waits for.
    """
    if sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb":
        await _watch_live(counters, silent)
    else:
        await _watch_plain(counters, silent)


async def _watch_live(counters: RunCounters, silent: float) -> None:
    with Screen(sys.stderr) as screen:
        shown, silence = 0, Silence()

        def show() -> None:
            nonlocal shown
            notices = counters.notices[shown:]
            shown += len(notices)
            fresh = [line for notice in notices for line in printable(notice).splitlines()]
            quiet = silence.seconds(counters)
            waiting = waiting_for(counters, quiet) if quiet >= silent else ""
            screen.show(live_view(facts_of(counters), waiting, screen.width), fresh)

        try:
            while True:
                show()
                await asyncio.sleep(REFRESH_SECONDS)
        finally:
            show()


async def _watch_plain(counters: RunCounters, silent: float) -> None:
    """Print a line at once, then at growing intervals up to PLAIN_SECONDS, and one at the end.

    During a silence it says what the run waits for, at growing intervals too.
    """
    pause, due, last, shown = 1.0, 0.0, "", 0
    silence, reminder = Silence(), Reminder(silent)

    def show(waiting: str = "") -> None:
        nonlocal last, shown
        lines = counters.notices[shown:]
        shown = len(counters.notices)
        if (line := plain_line(facts_of(counters))) != last or waiting:
            lines, last = [*lines, "; ".join(filter(None, [line, waiting]))], line
        for each in lines:
            print(each, file=sys.stderr, flush=True)

    try:
        while True:
            quiet, now = silence.seconds(counters), monotonic()
            waiting = waiting_for(counters, quiet) if reminder.is_due(quiet) else ""
            if waiting or now >= due:
                show(waiting)
                due = now + pause
                pause = min(pause * 2, PLAIN_SECONDS)
            await asyncio.sleep(min(LOOK_SECONDS, silent / 2))
    finally:
        show()
