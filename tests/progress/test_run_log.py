"""run.log keeps what a run said, for `ns logs`."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest

from northstar.engine.counters import RunCounters
from northstar.progress.run_log import NAME, RunLog


def lines(folder: Path) -> list[str]:
    """Without the time at their beginning."""
    return [line.partition("  ")[2] for line in (folder / NAME).read_text().splitlines()]


def test_each_notice_is_kept_once_and_how_it_ended_last(tmp_path: Path) -> None:
    counters, log = RunCounters(), RunLog(lambda _: tmp_path)
    counters.notices += ["seeds are not sent", "programs run in bubblewrap"]
    log.end(counters)
    counters.notices.append("a third")
    log.end(counters, "done")
    assert lines(tmp_path) == ["seeds are not sent", "programs run in bubblewrap", "starting …", "a third", "done"]


def test_nothing_is_written_while_there_is_no_folder_and_nothing_is_lost(tmp_path: Path) -> None:
    folders: list[Path | None] = [None]
    counters, log = RunCounters(notices=["early"]), RunLog(lambda _: folders[-1])
    log.end(counters)
    folders.append(tmp_path)
    log.end(counters, "done")
    assert lines(tmp_path) == ["early", "starting …", "done"]


def test_a_key_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODEL_API_KEY", "sk-abcdefghijklmnopqrstuvwx")
    RunLog(lambda _: tmp_path).end(RunCounters(), "failed: the key sk-abcdefghijklmnopqrstuvwx is refused")
    assert "sk-abcdef" not in (tmp_path / NAME).read_text()


def test_a_folder_that_cannot_be_written_ends_nothing(tmp_path: Path) -> None:
    counters = RunCounters()
    RunLog(lambda _: tmp_path / "gone").end(counters, "done")
    assert counters.lost[0].startswith("ns logs does not show all that this run said: ")


def test_what_a_failed_write_lost_is_in_the_next(tmp_path: Path) -> None:
    counters, log = RunCounters(notices=["first"]), RunLog(lambda _: tmp_path / "later")
    log.end(counters)
    (tmp_path / "later").mkdir()
    log.end(counters, "done")
    first, lost, *rest = lines(tmp_path / "later")
    assert (first, rest) == ("first", ["starting …", "done"])
    assert lost.startswith("ns logs does not show all that this run said: ")


def test_it_is_kept_while_the_run_goes_on(tmp_path: Path) -> None:
    counters, log = RunCounters(notices=["first"]), RunLog(lambda _: tmp_path)

    async def run() -> None:
        keeping = asyncio.create_task(log.keep(counters))
        while not (tmp_path / NAME).exists():
            await asyncio.sleep(0)
        keeping.cancel()
        with suppress(asyncio.CancelledError):
            await keeping

    asyncio.run(run())
    assert lines(tmp_path) == ["first", "starting …"]
