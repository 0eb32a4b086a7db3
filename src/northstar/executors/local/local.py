"""Runs a worker in this process."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import contextmanager, nullcontext, suppress
from typing import Any

from northstar.core.errors import NorthstarError
from northstar.core.open_files import raise_limit
from northstar.engine.counters import RunCounters
from northstar.executors.local import loop
from northstar.jobs.executor import Watch


class Stopped(NorthstarError):
    """The user, or the machine, stopped the run with a signal. Everything done is kept."""

    exit_code = 130
    is_failure = False


Work = Callable[[RunCounters], Coroutine[Any, Any, None]]
"""A plan's worker: does it, and keeps the counts up to date."""


@contextmanager
def environment_of(given: Mapping[str, str]) -> Iterator[None]:
    """This process has these variables for as long, and so has what it starts."""
    before = {name: os.environ.get(name) for name in given}
    os.environ.update(given)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def run_here(work: Work, watch: Watch | None = None, counters: RunCounters | None = None) -> RunCounters:
    """Do the work and return its counts (`counters`, if given).

    Raises NorthstarError, or Stopped on SIGINT, SIGTERM, SIGHUP and SIGUSR1.

    Works in a notebook too, where an event loop runs already: then in a thread of its own, without signals.
    """
    counters = counters or RunCounters()
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        in_main = threading.current_thread() is threading.main_thread()  # Python handles signals there alone
        with _handlers_restored() if in_main else nullcontext():
            loop.run(_run(work, counters, watch, handle_signals=in_main))
    else:
        _run_beside(work, counters, watch)
    return counters


def _run_beside(work: Work, counters: RunCounters, watch: Watch | None) -> None:
    """In a thread with a loop of its own; a notebook's interrupt stops it in good order."""
    loops: list[asyncio.AbstractEventLoop] = []

    async def run() -> None:
        loops.append(asyncio.get_running_loop())
        await _run(work, counters, watch, handle_signals=False)

    with ThreadPoolExecutor(1) as thread:
        done = thread.submit(loop.run, run())
        try:
            done.result()
        except KeyboardInterrupt:
            for each in loops:
                each.call_soon_threadsafe(_cancel_all, each)
            with suppress(CancelledError, asyncio.CancelledError):
                done.result()
            raise Stopped(_stop_message(counters, signal.SIGINT)) from None


def _cancel_all(loop: asyncio.AbstractEventLoop) -> None:
    for task in asyncio.all_tasks(loop):
        task.cancel()


async def _run(work: Work, counters: RunCounters, watch: Watch | None, *, handle_signals: bool) -> None:
    raise_limit()
    doing = asyncio.ensure_future(work(counters))
    received: list[str] = []
    if handle_signals:
        _stop_on_signals(doing, counters, received)
    shown = asyncio.ensure_future(watch(counters)) if watch else None
    try:
        await doing
    except asyncio.CancelledError:
        if received:
            raise Stopped(received[0]) from None
        raise
    finally:
        if shown is not None:
            shown.cancel()
            with suppress(asyncio.CancelledError):
                await shown


def _stop_on_signals(work: asyncio.Future[None], counters: RunCounters, received: list[str]) -> None:
    """The first signal stops in good order; a second one ends the process at once."""
    loop = asyncio.get_running_loop()
    handled = [each for each in _HANDLED if signal.getsignal(each) is not signal.SIG_IGN]  # nohup ignores SIGHUP

    def stop(which: signal.Signals) -> None:
        received.append(_stop_message(counters, which))
        for each in handled:
            loop.remove_signal_handler(each)
            signal.signal(each, _end_at_once)
        work.cancel()

    for each in handled:
        loop.add_signal_handler(each, stop, each)


def _end_at_once(number: int, _: Any) -> None:
    """As kill -9 does, which loses nothing: what was started here ends with this process, and journals are whole."""
    shown = b"\x1b[?25h\n" if os.isatty(2) else b""  # the cursor, which a display hides
    with suppress(OSError):
        os.write(2, shown + b"stopped at once; what is done is kept. Run the same command again to go on.\n")
    os._exit(128 + number)


@contextmanager
def _handlers_restored() -> Iterator[None]:
    """For whoever called northstar from a program of theirs."""
    before = {each: signal.getsignal(each) for each in _HANDLED}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler if handler is not None else signal.SIG_DFL)


_HANDLED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1)
"""The last is Slurm's, before a time limit."""


def _stop_message(counters: RunCounters, which: signal.Signals) -> str:
    parts = [(counters, "generations"), *((judge, f"judgements by {judge.judge}") for judge in counters.judging)]
    done = ", ".join(
        f"{part.generated} of {part.total} {what} are done and kept ({part.in_flight} were in flight)"
        for part, what in parts
        if part.total
    )
    then = "" if which is signal.SIGUSR1 else " Run the same command again to go on."  # the job script says what then
    return f"stopped by {which.name}{': ' + done if done else ''}.{then}"
