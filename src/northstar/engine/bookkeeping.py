"""Lets a run go on when its display or its notes fail, and reports the failure at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from northstar.core.errors import NorthstarError
from northstar.engine.counters import UNAFFECTED, RunCounters


@contextmanager
def surviving(counters: RunCounters, what: str, then: Callable[[], str] = lambda: UNAFFECTED) -> Iterator[None]:
    """Catch any error of the block and report it once, by RunCounters.lose.

    No fault of a display is worth an answer that was paid for.

    Args:
        counters: takes the report.
        what: what failed, as the beginning of a sentence.
        then: makes the next sentence: what it means for the results, or what to do.
    """
    try:
        yield
    except Exception as error:
        counters.lose(what, cause(error), then())


def cause(error: Exception) -> str:
    """Describe an error in a few words, without a full stop."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error).rstrip(".") if isinstance(error, NorthstarError) else f"{type(error).__name__}: {error}"
