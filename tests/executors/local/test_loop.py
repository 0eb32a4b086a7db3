"""The event loop of a job: short turns, and collections of garbage that overlook what is in flight."""

from __future__ import annotations

import asyncio
import gc
import socket
import sys
import weakref
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack

import pytest

from northstar.executors.local import loop as loop_module
from northstar.executors.local.loop import EVENTS_A_TURN, new_loop, run

linux = pytest.mark.skipif(sys.platform != "linux", reason="NOT LINUX: turns have no bound there")


def heard_in_turns(sockets: int, turns: int, hear: Callable[[socket.socket], object]) -> list[Counter[int]]:
    """Of each of so many turns: how often each socket was heard, when all have something to say from the beginning."""
    heard: list[Counter[int]] = []
    with ExitStack() as stack:
        loop = new_loop()
        stack.callback(loop.close)

        def turn() -> None:
            if len(heard) == turns:
                loop.stop()
            heard.append(Counter())
            loop.call_soon(turn)

        def ready(number: int, end: socket.socket) -> None:
            hear(end)
            heard[-1][number] += 1

        for number in range(sockets):
            one, other = socket.socketpair()
            stack.callback(one.close)
            stack.callback(other.close)
            other.send(b"x")
            loop.add_reader(one, ready, number, one)
        loop.call_soon(turn)
        loop.run_forever()
    return heard


@linux
def test_sockets_that_speak_all_at_once_are_heard_in_several_turns() -> None:
    sockets = 4 * EVENTS_A_TURN
    heard = heard_in_turns(sockets, turns=8, hear=lambda end: end.recv(1))
    assert max(turn.total() for turn in heard) <= EVENTS_A_TURN
    assert sum(heard, Counter()) == Counter(range(sockets))


@linux
def test_sockets_that_never_stop_speaking_keep_no_other_from_being_heard() -> None:
    sockets = 4 * EVENTS_A_TURN
    heard = heard_in_turns(sockets, turns=8, hear=lambda end: None)
    assert len(sum(heard, Counter())) == sockets


def test_a_collection_overlooks_what_a_run_holds_and_is_as_before_after_it() -> None:
    async def held() -> None:
        await asyncio.sleep(0)
        in_the_run.append(gc.get_freeze_count())

    in_the_run: list[int] = []
    run(held())
    assert (in_the_run[0] > 10_000, gc.get_freeze_count()) == (True, 0)


def test_a_cycle_does_not_live_for_ever_though_collections_overlooked_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop_module, "FREEZE_SECONDS", 0.0)
    monkeypatch.setattr(loop_module, "COLLECT_SECONDS", 0.01)

    class Cycle:
        def __init__(self) -> None:
            self.me = self

    async def until_it_is_gone() -> None:
        cycle = Cycle()
        gone = weakref.ref(cycle)
        await asyncio.sleep(0)  # overlooked from here on
        del cycle
        async with asyncio.timeout(30):
            while gone() is not None:
                await asyncio.sleep(0.001)

    run(until_it_is_gone())


def test_a_failure_of_the_work_comes_through() -> None:
    async def fail() -> None:
        raise ValueError("no room")

    with pytest.raises(ValueError, match="no room"):
        run(fail())
