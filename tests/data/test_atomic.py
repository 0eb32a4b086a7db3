"""Files appear whole or not at all, and what a killed writer leaves is removed."""

from __future__ import annotations

import errno
import subprocess
import sys
from pathlib import Path

import pytest

from northstar.data.atomic import remove_abandoned, whole_file
from northstar.errors import NorthstarError

KILLED = """
import os, signal, sys
from pathlib import Path
from northstar.data.atomic import whole_file
with whole_file(Path(sys.argv[1])) as file:
    file.write(b"half")
    file.flush()
    os.kill(os.getpid(), signal.SIGKILL)
"""


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_appears_at_the_end(tmp_path: Path) -> None:
    with whole_file(tmp_path / "output.jsonl") as file:
        file.write(b"all")
        assert "output.jsonl" not in names(tmp_path)
    assert (tmp_path / "output.jsonl").read_bytes() == b"all"
    assert names(tmp_path) == ["output.jsonl"]


def test_a_failure_leaves_the_file_before_it(tmp_path: Path) -> None:
    (tmp_path / "output.jsonl").write_text("before")
    with pytest.raises(KeyError), whole_file(tmp_path / "output.jsonl"):
        raise KeyError
    assert (tmp_path / "output.jsonl").read_text() == "before"
    assert names(tmp_path) == ["output.jsonl"]


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NorthstarError, match=r"cannot write .*nowhere"), whole_file(tmp_path / "nowhere/output.jsonl"):
        pass


def test_what_a_killed_writer_left_is_removed(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", KILLED, str(tmp_path / "output.jsonl")], check=False)
    assert len(names(tmp_path)) == 1
    (tmp_path / ".mine.tmp").write_text("somebody's own")
    remove_abandoned(tmp_path)
    assert names(tmp_path) == [".mine.tmp"]


def test_what_is_being_written_stays(tmp_path: Path) -> None:
    with whole_file(tmp_path / "output.jsonl") as file:
        file.write(b"all")
        remove_abandoned(tmp_path)
    assert (tmp_path / "output.jsonl").read_bytes() == b"all"


def test_a_disk_that_knows_no_locks_is_written_and_nothing_is_removed_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*_: object) -> None:
        raise OSError(errno.ENOSYS, "Function not implemented")

    (tmp_path / ".output.jsonl.01234567.tmp").write_text("perhaps being written")
    monkeypatch.setattr("fcntl.flock", unknown)
    with whole_file(tmp_path / "output.jsonl") as file:
        file.write(b"all")
    remove_abandoned(tmp_path)
    assert names(tmp_path) == [".output.jsonl.01234567.tmp", "output.jsonl"]
