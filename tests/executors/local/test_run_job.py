"""A job is done to its end, whatever becomes of those who look at it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from northstar.core.errors import NorthstarError
from northstar.engine.counters import RunCounters
from northstar.executors.local.run_job import run_job
from northstar.progress.progress_file import read_progress


async def work(counters: RunCounters) -> None:
    await asyncio.sleep(0.05)
    counters.new_generations += 1


class Failing:
    """A display that fails at once, or when it is told to end."""

    def __init__(self, error: Exception, *, at_the_end: bool) -> None:
        self._error = error
        self._at_the_end = at_the_end

    async def watch(self, _counters: RunCounters) -> None:
        try:
            if not self._at_the_end:
                raise self._error
            await asyncio.sleep(60)
        finally:
            if self._at_the_end:
                raise self._error


@pytest.mark.parametrize("at_the_end", [False, True])
@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (OSError(5, "Input/output error"), "Input/output error"),
        (BrokenPipeError(32, "Broken pipe"), "Broken pipe"),
        (ValueError("I/O operation on closed file."), "ValueError: I/O operation on closed file"),
        (UnicodeEncodeError("ascii", "…", 0, 1, "ordinal not in range"), "UnicodeEncodeError: "),
        (ZeroDivisionError("no columns"), "ZeroDivisionError: no columns"),
        (NorthstarError("it is gone."), "it is gone"),
    ],
)
def test_a_display_that_fails_is_noted_and_ends_nothing(
    error: Exception, cause: str, at_the_end: bool, tmp_path: Path
) -> None:
    counters = run_job(work, lambda _: tmp_path, Failing(error, at_the_end=at_the_end).watch)
    assert counters.new_generations == 1
    (note,) = counters.lost
    assert note.startswith(f"The progress of this run was not shown to its end: {cause}")
    assert note.endswith(". The results are not affected.")
    progress = read_progress(tmp_path)
    assert progress is not None
    assert progress.ending == "done"


def test_the_work_s_own_failure_is_what_is_heard_of(tmp_path: Path) -> None:
    async def full(_counters: RunCounters) -> None:
        await asyncio.sleep(0)
        raise NorthstarError("cannot write to output.jsonl: No space left on device.")

    with pytest.raises(NorthstarError, match=r"^cannot write to output\.jsonl"):
        run_job(full, lambda _: tmp_path / "none", Failing(OSError(5, "x"), at_the_end=False).watch)
