"""A folder that a program has left behind: counted and removed whatever it is like."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from northstar.sandbox.inside import folder as module
from northstar.sandbox.inside.folder import MOST_FILES, contents, remove


def chain(top: Path, depth: int) -> None:
    """Folders in one another, further than a path can name."""
    here = os.open(top, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir("d" * 100, dir_fd=here)
        below = os.open("d" * 100, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    file = os.open("f", os.O_WRONLY | os.O_CREAT, dir_fd=here)
    os.write(file, bytes(1 << 20))
    os.close(file)
    os.close(here)


@pytest.fixture
def top(tmp_path: Path) -> Path:
    folder = tmp_path / "top"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("depth", [1, 1500, pytest.param(MOST_FILES + 2000, marks=pytest.mark.slow)])
def test_a_chain_is_counted_to_its_end_and_removed(top: Path, depth: int) -> None:
    chain(top, depth)
    size, found = contents(str(top))
    assert found == min(depth + 1, MOST_FILES + 1)
    assert size >= 1 << 20 or found > MOST_FILES
    assert remove(str(top))
    assert not top.exists()


def files_without_rights(top: Path) -> None:
    (top / "shut").mkdir()
    (top / "shut" / "file").write_text("x")
    (top / "shut").chmod(0)


def a_link_to_outside(top: Path) -> None:
    (top.parent / "outside").mkdir()
    (top.parent / "outside" / "kept").write_text("x")
    (top / "link").symlink_to("../outside")


def a_pipe(top: Path) -> None:
    os.mkfifo(top / "pipe")


def odd_names(top: Path) -> None:
    for name in (b"\xff", b" ", b"a\nb", b"-rf"):
        (top / os.fsdecode(name)).mkdir()


def a_folder_that_can_only_be_written_to(top: Path) -> None:
    (top / "dark").mkdir(mode=0o300)
    (top / "dark" / "file").write_text("x")


@pytest.mark.parametrize(
    "make", [files_without_rights, a_link_to_outside, a_pipe, odd_names, a_folder_that_can_only_be_written_to]
)
def test_what_is_odd_goes_too_and_nothing_outside(top: Path, make: Callable[[Path], None]) -> None:
    make(top)
    kept = sorted(each.name for each in top.parent.iterdir())
    assert remove(str(top))
    assert sorted(each.name for each in top.parent.iterdir()) == [name for name in kept if name != "top"]
    assert [file.name for file in top.parent.glob("outside/*")] == ["kept"] * ("outside" in kept)


def test_what_can_only_be_written_to_is_counted(top: Path) -> None:
    a_folder_that_can_only_be_written_to(top)
    assert contents(str(top))[1] == 2


def test_counting_leaves_modes_as_they_are_where_it_can(top: Path) -> None:
    (top / "d").mkdir(mode=0o500)
    contents(str(top))
    assert (top / "d").stat().st_mode & 0o777 == 0o500


def test_counting_stops_soon_beyond_what_may_be_there(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_FILES", 10)
    for n in range(100):
        (top / str(n)).touch()
    assert contents(str(top))[1] == 11


def test_removal_ends_at_its_time(top: Path) -> None:
    chain(top, 50)
    assert not remove(str(top), seconds=-1)
    assert top.exists()
    assert remove(str(top))


def test_more_than_is_read_at_once_is_removed(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_AT_ONCE", 10)
    for n in range(95):
        (top / str(n)).touch()
    assert remove(str(top))


def test_a_folder_that_is_moved_meanwhile_leads_nowhere_else(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that is still there must not turn the way up into a way out."""
    (top / "a" / "b" / "c").mkdir(parents=True)
    outside = top.parent / "outside"
    outside.mkdir()
    (outside / "kept").mkdir()
    rmdir = os.rmdir

    def move_then_rmdir(name: str, *, dir_fd: int | None = None) -> None:
        rmdir(name, dir_fd=dir_fd)
        if name == "c":
            (top / "a" / "b").rename(outside / "b")

    monkeypatch.setattr(os, "rmdir", move_then_rmdir)
    assert remove(str(top))
    assert sorted(each.name for each in outside.iterdir()) == ["b", "kept"]


def test_a_folder_that_is_not_there_is_gone(top: Path) -> None:
    began = time.thread_time()
    assert remove(str(top / "none"))
    assert contents(str(top / "none")) == (0, 0)
    assert time.thread_time() - began < 1
