"""One writer per shard."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from northstar.core import lock
from northstar.core.errors import NorthstarError
from northstar.core.lock import Held, Locks, check_unlocked, locked

HOLD = """
import sys, time
from pathlib import Path
from northstar.core.lock import locked
with locked(Path(sys.argv[1]), "it"):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_writer_is_refused_and_told_who_holds_it(tmp_path: Path) -> None:
    with (
        locked(tmp_path / "lock", "output-rs0.jsonl"),
        pytest.raises(NorthstarError, match=rf"output-rs0.jsonl is being written by process {os.getpid()} on"),
        locked(tmp_path / "lock", "output-rs0.jsonl"),
    ):
        pass


def test_is_free_again_after_the_block(tmp_path: Path) -> None:
    for _ in range(2):
        with locked(tmp_path / "lock", "it"):
            pass


def test_many_may_look_whether_it_is_held_and_take_nothing_by_it(tmp_path: Path) -> None:
    check_unlocked(tmp_path / "lock", "it")
    assert not (tmp_path / "lock").exists()
    with locked(tmp_path / "lock", "it"), pytest.raises(Held, match=f"it is being written by process {os.getpid()} on"):
        check_unlocked(tmp_path / "lock", "it")
    check_unlocked(tmp_path / "lock", "it")
    with locked(tmp_path / "lock", "it"):
        pass


def test_kill_9_of_the_holder_frees_it(tmp_path: Path) -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path / "lock")], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(NorthstarError), locked(tmp_path / "lock", "it"):
        pass
    holder.kill()
    holder.wait()
    holder.stdout.close()
    with locked(tmp_path / "lock", "it"):
        pass


def test_a_child_process_does_not_inherit_it(tmp_path: Path) -> None:
    with locked(tmp_path / "lock", "it"):
        code = "import time; print('there', flush=True); time.sleep(60)"
        child = subprocess.Popen([sys.executable, "-c", code], close_fds=False, stdout=subprocess.PIPE)
        assert child.stdout is not None
        child.stdout.readline()
    try:
        with locked(tmp_path / "lock", "it"):
            pass
    finally:
        child.kill()
        child.communicate()


def test_who_waits_for_long_says_for_what_and_for_whom(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(lock, "SILENT_SECONDS", 0.02)
    with ExitStack() as holding:
        holding.enter_context(locked(tmp_path / "lock", "run.json"))

        def told(*said: str, **where: Any) -> None:
            print(*said, **where)
            holding.close()

        monkeypatch.setattr(lock, "print", told, raising=False)
        with locked(tmp_path / "lock", "run.json", wait=True):
            pass
    assert capsys.readouterr().err.startswith(f"waiting for run.json, which process {os.getpid()} on ")


def test_what_a_run_locks_twice_it_holds_once_and_until_it_ends(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with ExitStack() as run:
        locks = Locks(run)
        locks.take(path, "seed 0")
        locks.take(path, "seed 0")
        with pytest.raises(NorthstarError, match="seed 0"), locked(path, "seed 0"):
            pass
    with locked(path, "seed 0"):
        pass
