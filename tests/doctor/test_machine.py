"""Python, memory, open files and disks."""

from __future__ import annotations

import importlib.util
import resource
import shutil
from pathlib import Path

import pytest

from northstar.doctor import machine

GIB = 2**30


def test_a_python_that_lacks_a_package_fails_and_says_which(monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "msgspec" else found(name))
    (check,) = machine.python(1)
    assert (check.state, check.details["lacks"]) == ("fail", ["msgspec"])
    assert check.todo.endswith("-m pip install northstar")


@pytest.mark.parametrize(
    ("limit", "free"),
    [("max\n", (6 * GIB, 8 * GIB)), (f"{4 * GIB}\n", (3 * GIB, 4 * GIB)), (f"{9 * GIB}\n", (6 * GIB, 8 * GIB))],
    ids=["none", "less than the machine has", "more than the machine has"],
)
def test_memory_is_what_the_control_group_leaves(limit: str, free: tuple[int, int], tmp_path: Path) -> None:
    (tmp_path / "meminfo").write_text(f"MemTotal: {8 * GIB // 1024} kB\nMemAvailable: {6 * GIB // 1024} kB\nHuge: 0\n")
    (tmp_path / "memory.max").write_text(limit)
    (tmp_path / "memory.current").write_text(f"{GIB}\n")
    assert machine.free_memory(tmp_path / "meminfo", tmp_path) == free


def test_a_system_that_does_not_say_its_memory_is_no_failure(tmp_path: Path) -> None:
    assert machine.free_memory(tmp_path / "meminfo", tmp_path) == (None, None)


@pytest.mark.parametrize(("hard", "state"), [(1024, "warn"), (4096, "ok"), (resource.RLIM_INFINITY, "ok")])
def test_few_open_files_are_a_warning(hard: int, state: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1024, hard))
    (check,) = machine.open_files(1)
    assert check.state == state


@pytest.mark.parametrize(("free", "state"), [(50 * GIB, "ok"), (5 * GIB, "warn"), (1000, "fail")])
def test_a_disk_that_is_nearly_full_is_said(
    free: int, state: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(100 * GIB, 0, free))
    (check,) = machine.disk("results", tmp_path / "not" / "there" / "yet")
    assert (check.state, check.details["free_bytes"]) == (state, free)


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)
    (check,) = machine.disk("results", tmp_path)
    assert (check.state, check.text) == ("warn", f"results: {tmp_path} can't be written")
