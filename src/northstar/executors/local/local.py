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
    """A signal stopped the run. All finished work is kept."""

    exit_code = 130
    is_failure = False


Work = Callable[[RunCounters], Coroutine[Any, Any, None]]
"""Runs a plan and updates the counters."""


@contextmanager
def environment_of(given: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables within the context, for this process and those it starts."""
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
    """Run the work and return its counters (`counters`, if given).

    In a notebook, where an event loop already runs, it runs in a thread and handles no signals.

    Raises:
        NorthstarError: The work failed.
        Stopped: SIGINT, SIGTERM, SIGHUP or SIGUSR1 stopped it.
    """
    counters = counters or RunCounters()
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        in_main = threading.current_thread() is threading.main_thread()  # only there does Python handle signals
        with _handlers_restored() if in_main else nullcontext():
            loop.run(_run(work, counters, watch, handle_signals=in_main))
    else:
        _run_beside(work, counters, watch)
    return counters


def _run_beside(work: Work, counters: RunCounters, watch: Watch | None) -> None:
    """Run in a thread with its own event loop; a notebook's interrupt stops it gracefully."""
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
    task = asyncio.ensure_future(work(counters))
    received: list[str] = []
    if handle_signals:
        _stop_on_signals(task, counters, received)
    shown = asyncio.ensure_future(watch(counters)) if watch else None
    try:
        await task
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
    """Stop gracefully on the first signal; end the process at once on the second."""
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
    """End at once, like kill -9, without losing data: child processes end with this one, journals stay whole."""
    shown = b"\x1b[?25h\n" if os.isatty(2) else b""  # show the cursor that the display hides
    with suppress(OSError):
        os.write(2, shown + b"stopped at once; what is done is kept. Run the same command again to go on.\n")
    os._exit(128 + number)


@contextmanager
def _handlers_restored() -> Iterator[None]:
    """Restore the signal handlers of a program that calls northstar."""
    before = {each: signal.getsignal(each) for each in _HANDLED}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler if handler is not None else signal.SIG_DFL)


_HANDLED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1)
"""Slurm sends SIGUSR1 before the time limit."""


def _stop_message(counters: RunCounters, which: signal.Signals) -> str:
    parts = [(counters, "generations"), *((judge, f"judgements by {judge.judge}") for judge in counters.judging)]
    done = ", ".join(
        f"{part.generated} of {part.total} {what} are done and kept ({part.in_flight} were in flight)"
        for part, what in parts
        if part.total
    )
    then = (
        "" if which is signal.SIGUSR1 else " Run the same command again to go on."
    )  # the job script says what happens next
    return f"stopped by {which.name}{': ' + done if done else ''}.{then}"
