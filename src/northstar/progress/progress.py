"""Shows a run while it goes on: a live table on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from typing import TYPE_CHECKING

from northstar.core.text import counted, duration
from northstar.engine.stats import Stage
from northstar.progress.waiting import LOOK_SECONDS, SILENT_SECONDS, Reminder, Silence, waiting_for

if TYPE_CHECKING:
    from rich.console import RenderableType

    from northstar.engine.benchmark_stats import BenchmarkStats
    from northstar.engine.stats import RunStats

REFRESH_SECONDS = 0.25
PLAIN_SECONDS = 15.0


async def watch(stats: RunStats, silent: float = SILENT_SECONDS) -> None:
    """Show `stats` on stderr until cancelled; the last state stays visible.

    silent: after so long without anything new, it says what is waited for.
    """
    if sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb":
        await _watch_live(stats, silent)
    else:
        await _watch_plain(stats, silent)


async def _watch_live(stats: RunStats, silent: float) -> None:
    from rich.console import Console
    from rich.live import Live

    with Live(console=Console(stderr=True), auto_refresh=False, transient=False) as live:
        shown, silence = 0, Silence()

        def show() -> None:
            nonlocal shown
            for notice in stats.notices[shown:]:
                live.console.print(notice, markup=False, highlight=False)
            shown = len(stats.notices)
            quiet = silence.seconds(stats)
            live.update(live_view(stats, waiting_for(stats, quiet) if quiet >= silent else ""), refresh=True)

        try:
            while True:
                show()
                await asyncio.sleep(REFRESH_SECONDS)
        finally:
            show()


async def _watch_plain(stats: RunStats, silent: float) -> None:
    """A line at once, then at growing distance up to PLAIN_SECONDS, and one at the end.

    In a silence it says what is waited for, ever more rarely.
    """
    pause, due, last, shown = 1.0, 0.0, "", 0
    silence, reminder = Silence(), Reminder(silent)

    def show(waiting: str = "") -> None:
        nonlocal last, shown
        lines = stats.notices[shown:]
        shown = len(stats.notices)
        if (line := plain_line(stats)) != last or waiting:
            lines, last = [*lines, "; ".join(filter(None, [line, waiting]))], line
        for each in lines:
            print(each, file=sys.stderr, flush=True)

    try:
        while True:
            quiet, now = silence.seconds(stats), time.monotonic()
            waiting = waiting_for(stats, quiet) if reminder.is_due(quiet) else ""
            if waiting or now >= due:
                show(waiting)
                due = now + pause
                pause = min(pause * 2, PLAIN_SECONDS)
            await asyncio.sleep(min(LOOK_SECONDS, silent / 2))
    finally:
        show()


def plain_line(stats: RunStats) -> str:
    """'running: 120/480 (12 from before), 830 tokens/s, 2 errors, about 4 min left; aime24 60/240 41.7%, …'."""
    if stats.stage is Stage.PREPARING or not (stats.total or stats.judging):
        return f"{stats.doing} …" + "".join(f" {line}" for line in _log(stats)[-1:])
    if not stats.total:  # ns judge
        return "; ".join([stats.doing, *map(_judging, stats.judging)])
    reached = sum(_reached(stats, part) for part in stats.benchmarks.values())
    parts = [f"{reached}/{stats.total}" + (f" ({stats.resumed} from before)" if stats.resumed else "")]
    parts += [text for text in (_speed(stats), _troubles(stats), time_left(stats)) if text]
    shown = ", ".join(f"{name} {_counts(stats, part)}" for name, part in stats.benchmarks.items())
    return "; ".join([f"{stats.doing}: {', '.join(parts)}", shown, *map(_judging, stats.judging)])


def live_view(stats: RunStats, waiting: str = "") -> RenderableType:
    """The live table: a line a benchmark, and one for the job. waiting: for what, after a while of silence."""
    from rich.console import Group
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2))
    lines = [(name, _reached(stats, part), part) for name, part in stats.benchmarks.items()]
    for judge in stats.judging:
        lines += [(f"{name}, judged", _reached(judge, part), part) for name, part in judge.benchmarks.items()]
    for name, reached, part in lines:
        accuracy = "" if part.accuracy is None else f"{100 * part.accuracy:.1f}% {part.score_name}"
        errors = Text(counted(part.errors, "error"), style="red") if part.errors else Text("")
        bar = ProgressBar(total=max(part.total, 1), completed=reached, width=30)
        table.add_row(name, bar, f"{reached}/{part.total}", accuracy, errors)
    busy = stats if stats.total or not stats.judging else stats.judging[0]  # ns judge
    line = [stats.doing, *([speed, f"{busy.in_flight} in flight"] if (speed := _speed(busy)) else [])]
    line += [f"{stats.resumed} from before"] if stats.resumed else []
    line += [text for text in (_troubles(stats), time_left(stats), waiting) if text]
    line += [f"judge {judge.judge}: {trouble}" for judge in stats.judging if (trouble := _troubles(judge))]
    elapsed = f"{duration(time.monotonic() - stats.started)} so far"
    tail = [Text(f"  {each[:160]}", style="dim", no_wrap=True) for each in _log(stats)]
    return Group(table, Text(" · ".join([*line, elapsed]), style="dim"), *tail)


def time_left(stats: RunStats) -> str:
    """'about 4 min left', or '' while nothing is known."""
    left = stats.seconds_left
    return f"about {duration(left)} left" if left else ""


def _log(stats: RunStats) -> list[str]:
    """The last lines of the log of a server that is starting: the model's or a judge's."""
    return stats.server.log or next((judge.server.log for judge in stats.judging if judge.server.log), [])


def _reached(stats: RunStats, part: BenchmarkStats) -> int:
    """Samples of a benchmark that are through what the job does now."""
    return part.finished + part.graded if stats.stage is Stage.GRADING else part.generated


def _speed(stats: RunStats) -> str:
    """Nothing where no tokens are waited for."""
    return f"{stats.tokens_per_second:.0f} tokens/s" if stats.stage is Stage.ASKING else ""


def _counts(stats: RunStats, part: BenchmarkStats) -> str:
    accuracy = "" if part.accuracy is None else f" {100 * part.accuracy:.1f}%"
    return f"{_reached(stats, part)}/{part.total}{accuracy}"


def _judging(stats: RunStats) -> str:
    """'judged by o3-mini: hle 12/480 8.3%, 1 retry (HTTP 500)'."""
    shown = [f"{name} {_counts(stats, part)}" for name, part in stats.benchmarks.items()]
    return f"judged by {stats.judge}: " + ", ".join([*shown, *filter(None, [_troubles(stats), time_left(stats)])])


def _troubles(stats: RunStats) -> str:
    errors = sum(part.errors for part in stats.benchmarks.values())
    out_of_context = sum(part.out_of_context for part in stats.benchmarks.values())
    reduced = sum(part.reduced for part in stats.benchmarks.values())
    ungraded = sum(part.ungraded for part in stats.benchmarks.values())
    unparsed = sum(part.unparsed for part in stats.benchmarks.values())
    troubles = [
        stats.server.notice,
        stats.pace.slowed if stats.pace is not None else "",
        counted(errors, "error") + (f" ({out_of_context} out of context)" if out_of_context else "") if errors else "",
        f"{reduced} shortened to fit the context" if reduced else "",
        _restarts(stats),
        f"{counted(ungraded, 'grading')} timed out" if ungraded else "",
        f"{counted(unparsed, 'verdict')} can't be read" if unparsed else "",
        f"{stats.open} without answer" if stats.open else "",
        f"{stats.tools_lost} without their tools ({stats.last_loss[:80]})" if stats.tools_lost else "",
        f"{stats.grades_lost} not graded ({stats.last_loss[:80]})" if stats.grades_lost else "",
        f"{counted(stats.retries, 'retry', 'retries')} ({stats.last_failure[:80]})" if stats.retries else "",
    ]
    return ", ".join(trouble for trouble in troubles if trouble)


def _restarts(stats: RunStats) -> str:
    """'2 restarts of the server (ended with status 1: the GPU's memory is too small), 8 requests asked again'."""
    restarts = stats.server.restarts
    if not restarts:
        return ""
    last = ": ".join(filter(None, [restarts[-1].why, restarts[-1].cause.rstrip(".")]))
    again = counted(stats.asked_again, "request")
    return f"{counted(len(restarts), 'restart')} of the server ({last[:120]}), {again} asked again"
