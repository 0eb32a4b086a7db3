"""What tells of a run may fail; the run goes on, and says at its end what failed and why."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from northstar.core.errors import NorthstarError
from northstar.engine.counters import UNAFFECTED, RunCounters


@contextmanager
def surviving(counters: RunCounters, what: str, then: Callable[[], str] = lambda: UNAFFECTED) -> Iterator[None]:
    """Whatever fails in the block ends nothing, and is noted once. what: that did not work, as a sentence's begin.

    then: the sentence after it; see RunCounters.lose.

    Any error is meant: no fault of a display is worth an answer that was paid for.
    """
    try:
        yield
    except Exception as error:
        counters.lose(what, cause(error), then())


def cause(error: Exception) -> str:
    """An error in a few words, without a full stop."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error).rstrip(".") if isinstance(error, NorthstarError) else f"{type(error).__name__}: {error}"
