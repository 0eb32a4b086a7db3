"""Shows a run's progress: a live table on a terminal, otherwise a plain line now and then."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import TYPE_CHECKING

from northstar.core.clock import monotonic
from northstar.core.text import counted, duration
from northstar.engine.counters import Stage
from northstar.progress.waiting import LOOK_SECONDS, SILENT_SECONDS, Reminder, Silence, waiting_for

if TYPE_CHECKING:
    from rich.console import RenderableType

    from northstar.engine.benchmark_counters import BenchmarkCounters
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
    from rich.console import Console
    from rich.live import Live

    with Live(console=Console(stderr=True), auto_refresh=False, transient=False) as live:
        shown, silence = 0, Silence()

        def show() -> None:
            nonlocal shown
            for notice in counters.notices[shown:]:
                live.console.print(notice, markup=False, highlight=False)
            shown = len(counters.notices)
            quiet = silence.seconds(counters)
            live.update(live_view(counters, waiting_for(counters, quiet) if quiet >= silent else ""), refresh=True)

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
        if (line := plain_line(counters)) != last or waiting:
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


def plain_line(counters: RunCounters) -> str:
    """Return 'running: 120/480 (12 from before), 830 tokens/s, 2 errors, about 4 min left; aime24 60/240 41.7%, …'."""
    if counters.stage is Stage.PREPARING or not (counters.total or counters.judging):
        return f"{counters.doing} …" + "".join(f" {line}" for line in _log(counters)[-1:])
    if not counters.total:  # ns judge
        return "; ".join([counters.doing, *map(_judging, counters.judging)])
    reached = sum(_reached(counters, part) for part in counters.benchmarks.values())
    parts = [f"{reached}/{counters.total}" + (f" ({counters.resumed} from before)" if counters.resumed else "")]
    parts += [text for text in (_speed(counters), _troubles(counters), time_left(counters)) if text]
    shown = ", ".join(f"{name} {_counts(counters, part)}" for name, part in counters.benchmarks.items())
    return "; ".join([f"{counters.doing}: {', '.join(parts)}", shown, *map(_judging, counters.judging)])


def live_view(counters: RunCounters, waiting: str = "") -> RenderableType:
    """Return the live table, a line per benchmark and one for the run; `waiting` says for what, after a silence."""
    from rich.console import Group
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2))
    lines = [(name, _reached(counters, part), part) for name, part in counters.benchmarks.items()]
    for judge in counters.judging:
        lines += [(f"{name}, judged", _reached(judge, part), part) for name, part in judge.benchmarks.items()]
    growing = any(part.growth for _, _, part in lines)
    for name, reached, part in lines:
        accuracy = "" if part.accuracy is None else f"{100 * part.accuracy:.1f}% {part.score_name}"
        errors = Text(counted(part.errors, "error"), style="red") if part.errors else Text("")
        bar = ProgressBar(total=max(part.total, 1), completed=reached, width=30)
        table.add_row(name, bar, f"{reached}/{part.total}", accuracy, *([part.growth] if growing else []), errors)
    busy = counters if counters.total or not counters.judging else counters.judging[0]  # ns judge
    line = [counters.doing, *([speed, f"{busy.in_flight} in flight"] if (speed := _speed(busy)) else [])]
    line += [f"{counters.resumed} from before"] if counters.resumed else []
    line += [text for text in (_troubles(counters), time_left(counters), waiting) if text]
    line += [f"judge {judge.judge}: {trouble}" for judge in counters.judging if (trouble := _troubles(judge))]
    elapsed = f"{duration(monotonic() - counters.started)} so far"
    tail = [Text(f"  {each[:160]}", style="dim", no_wrap=True) for each in _log(counters)]
    return Group(table, Text(" · ".join([*line, elapsed]), style="dim"), *tail)


def time_left(counters: RunCounters) -> str:
    """Return 'about 4 min left', or '' if unknown."""
    remaining = counters.seconds_left
    return f"about {duration(remaining)} left" if remaining else ""


def _log(counters: RunCounters) -> list[str]:
    """Return the last log lines of a server that is starting: the model's or a judge's."""
    return counters.server.log or next((judge.server.log for judge in counters.judging if judge.server.log), [])


def _reached(counters: RunCounters, part: BenchmarkCounters) -> int:
    """Count a benchmark's samples that have passed the run's current stage."""
    return part.finished + part.graded if counters.stage is Stage.GRADING else part.generated


def _speed(counters: RunCounters) -> str:
    """Return '' unless the run waits for tokens."""
    return f"{counters.tokens_per_second:.0f} tokens/s" if counters.stage is Stage.ASKING else ""


def _counts(counters: RunCounters, part: BenchmarkCounters) -> str:
    accuracy = "" if part.accuracy is None else f" {100 * part.accuracy:.1f}%"
    growth = f" ({part.growth})" if part.growth else ""
    return f"{_reached(counters, part)}/{part.total}{accuracy}{growth}"


def _judging(counters: RunCounters) -> str:
    """Return 'judged by o3-mini: hle 12/480 8.3%, 1 retry (HTTP 500)'."""
    shown = [f"{name} {_counts(counters, part)}" for name, part in counters.benchmarks.items()]
    return f"judged by {counters.judge}: " + ", ".join(
        [*shown, *filter(None, [_troubles(counters), time_left(counters)])]
    )


def _troubles(counters: RunCounters) -> str:
    errors = sum(part.errors for part in counters.benchmarks.values())
    out_of_context = sum(part.out_of_context for part in counters.benchmarks.values())
    reduced = sum(part.reduced for part in counters.benchmarks.values())
    ungraded = sum(part.ungraded for part in counters.benchmarks.values())
    unparsed = sum(part.unparsed for part in counters.benchmarks.values())
    troubles = [
        counters.server.notice,
        counters.pace.slowed if counters.pace is not None else "",
        counted(errors, "error") + (f" ({out_of_context} out of context)" if out_of_context else "") if errors else "",
        f"{reduced} shortened to fit the context" if reduced else "",
        _restarts(counters),
        f"{counted(ungraded, 'grading')} timed out" if ungraded else "",
        f"{counted(unparsed, 'verdict')} cannot be read" if unparsed else "",
        f"{counters.open} without answer" if counters.open else "",
        f"{counters.tools_lost} without their tools ({counters.last_loss[:80]})" if counters.tools_lost else "",
        f"{counters.grades_lost} not graded ({counters.last_loss[:80]})" if counters.grades_lost else "",
        f"{counted(counters.retries, 'retry', 'retries')} ({counters.last_failure[:80]})" if counters.retries else "",
    ]
    return ", ".join(trouble for trouble in troubles if trouble)


def _restarts(counters: RunCounters) -> str:
    """Return '2 restarts of the server (ended with status 1: GPU memory is too small), 8 requests asked again'."""
    restarts = counters.server.restarts
    if not restarts:
        return ""
    last = ": ".join(filter(None, [restarts[-1].why, restarts[-1].cause.rstrip(".")]))
    again = counted(counters.asked_again, "request")
    return f"{counted(len(restarts), 'restart')} of the server ({last[:120]}), {again} asked again"
