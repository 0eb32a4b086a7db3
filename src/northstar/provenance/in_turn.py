"""Runs work that may wait for a lock or a disk in a thread, so that the event loop never waits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from threading import Lock
from typing import Any, TypeVar

T = TypeVar("T")


class InTurn:
    """Runs calls one after the other, in the order in which they come."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(1, "run.json")
        self._last: Future[Any] | None = None
        self._facts: dict[str, Any] = {}
        self._changing = Lock()

    async def run(self, do: Callable[..., T], *arguments: Any) -> T:
        """Call `do` in the thread; returns or raises what it does. When cancelled, the call still runs to its end."""
        return await asyncio.wrap_future(self._submit(do, *arguments))

    def tell(self, write: Callable[[Mapping[str, Any]], None], facts: Mapping[str, Any]) -> None:
        """Write facts in the background; facts that come during a write are written together.

        Args:
            write: writes facts; must not raise.
            facts: the facts.
        """
        with self._changing:
            waiting = bool(self._facts)
            self._facts.update(facts)
        if not waiting:
            self._submit(self._write, write)

    def wait(self) -> None:
        """Wait until every call is done."""
        if self._last is not None:
            wait([self._last])

    def _write(self, write: Callable[[Mapping[str, Any]], None]) -> None:
        with self._changing:
            facts, self._facts = self._facts, {}
        write(facts)

    def _submit(self, do: Callable[..., T], *arguments: Any) -> Future[T]:
        future = self._threads.submit(do, *arguments)
        self._last = future
        return future
