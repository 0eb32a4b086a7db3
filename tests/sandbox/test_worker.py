"""A fork server is started whole or not at all."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from pathlib import Path

import pytest

from northstar.sandbox.launch import this_interpreter
from northstar.sandbox.program import Setup
from northstar.sandbox.worker import Worker


@pytest.mark.slow
@pytest.mark.parametrize("tier", ["bubblewrap", "unsafe"])
def test_a_start_that_is_cancelled_ends_soon_and_leaves_no_folder(tier: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if tier == "bubblewrap" and shutil.which("bwrap") is None:
        pytest.skip("THERE IS NO BUBBLEWRAP: nothing is known of the stronger sandbox. Install it to test that, too")
    made: list[str] = []
    make = tempfile.mkdtemp

    def noted(prefix: str) -> str:
        made.append(make(prefix=prefix))
        return made[-1]

    monkeypatch.setattr("northstar.sandbox.worker.tempfile.mkdtemp", noted)

    async def start_and_cancel(seconds: float) -> None:
        starting = asyncio.ensure_future(Worker.start(tier, this_interpreter(), Setup(), 0))
        await asyncio.sleep(seconds)
        starting.cancel()
        try:
            worker = await starting
        except asyncio.CancelledError:
            return
        await worker.end()

    async def all_of_them() -> None:
        async with asyncio.timeout(60):
            for milliseconds in (0, 0, 0, 0, 0.2, 0.5, 1, 1, 2, 2, 5, 10, 20):
                await start_and_cancel(milliseconds / 1000)

    asyncio.run(all_of_them())
    assert not [folder for folder in made if Path(folder).exists()]
