"""progress.json tells of a run; that it can't be written ends none."""

from __future__ import annotations

import asyncio
import errno
import os
import re
from pathlib import Path

import pytest

from northstar.core.errors import NorthstarError
from northstar.engine.counters import RunCounters, Stage
from northstar.progress.progress_file import NAME, ProgressFile, read_progress


def test_a_folder_in_its_place_is_noted_once_and_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / NAME).mkdir()
    counters = RunCounters()
    file = ProgressFile(lambda _: tmp_path)
    file.write(counters)
    file.write(counters)
    (note,) = counters.lost
    assert note.startswith("ns status does not see how far this run is: ")
    assert "progress.json is a folder where a file should be; move it away." in note
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


def test_a_pipe_in_its_place_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / NAME)
    assert read_progress(tmp_path) is None
    counters = RunCounters(stage=Stage.ASKING)
    ProgressFile(lambda _: tmp_path).write(counters)
    assert "progress.json is a FIFO where a file should be; move it away." in counters.lost[0]


def test_a_disk_that_was_full_for_a_while_freezes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    counters = RunCounters(stage=Stage.ASKING)
    file = ProgressFile(lambda _: tmp_path)
    with monkeypatch.context() as context:
        context.setattr(Path, "replace", full)
        file.write(counters)
    assert "No space left on device" in counters.lost[0]
    file.write(counters, "done")
    found = read_progress(tmp_path)
    assert found is not None
    assert (found.stage, found.ending) == ("asking", "done")
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


def test_a_run_that_cannot_be_put_on_record_is_noted_with_the_cause() -> None:
    def nowhere(_: RunCounters) -> Path:
        raise NorthstarError("cannot make the folder jobs: File exists.")

    counters = RunCounters()
    ProgressFile(nowhere).write(counters)
    assert counters.lost == [
        "ns status and ns cancel do not know this run: cannot make the folder jobs: File exists. The results are not "
        "affected."
    ]
    assert counters.notices == counters.lost


def test_an_error_that_no_file_can_hold_is_written_all_the_same(tmp_path: Path) -> None:
    counters = RunCounters()
    counters.requests.last_failure = "no file caf\udce9"
    ProgressFile(lambda _: tmp_path).write(counters, "failed", "cannot read caf\udce9")
    assert counters.lost == []
    found = read_progress(tmp_path)
    assert found is not None
    assert (found.error, found.last_failure) == ("cannot read caf\ufffd", "no file caf\ufffd")


def test_a_silence_is_written_down_when_it_is_long_and_not_only_when_the_file_is_due(tmp_path: Path) -> None:
    counters = RunCounters(stage=Stage.ASKING)
    counters.requests.begin()

    async def main() -> None:
        keeping = asyncio.ensure_future(ProgressFile(lambda _: tmp_path, silent=0.05).keep(counters))
        while (found := read_progress(tmp_path)) is None or not found.waiting:
            await asyncio.sleep(0.01)
        keeping.cancel()
        assert re.fullmatch(r"no answer for \d+ s: 1 request under way, the oldest for \d+ s", found.waiting)

    asyncio.run(asyncio.wait_for(main(), 20))
