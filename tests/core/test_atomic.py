"""Files appear whole or not at all, and what a killed writer leaves is removed."""

from __future__ import annotations

import errno
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from northstar.core.atomic import remove_abandoned, whole_file
from northstar.core.errors import NorthstarError

KILLED = """
import os, signal, sys
from pathlib import Path
from northstar.core.atomic import whole_file
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


OTHER_HOSTS = ".output.jsonl.0badc0de-4711-01234567.tmp"
OF_BEFORE = ".output.jsonl.01234567.tmp"


def age(path: Path, days: float) -> None:
    then = time.time() - days * 86400
    os.utime(path, (then, then))


@pytest.mark.parametrize("name", [OTHER_HOSTS, OF_BEFORE])
@pytest.mark.parametrize(("days", "stays"), [(0, True), (6.9, True), (7.1, False)])
def test_what_may_be_another_hosts_is_removed_only_when_it_is_old_since_its_lock_may_not_be_seen_here(
    tmp_path: Path, name: str, days: float, stays: bool
) -> None:
    (tmp_path / name).write_text("half")
    age(tmp_path / name, days)
    remove_abandoned(tmp_path)
    assert (tmp_path / name).exists() == stays


def test_what_is_being_written_for_a_week_stays(tmp_path: Path) -> None:
    with whole_file(tmp_path / "output.jsonl") as file:
        file.write(b"all")
        file.flush()
        [temporary] = tmp_path.iterdir()
        age(temporary, 8)
        remove_abandoned(tmp_path)
    assert (tmp_path / "output.jsonl").read_bytes() == b"all"


def test_a_temporary_file_names_its_process(tmp_path: Path) -> None:
    with whole_file(tmp_path / "output.jsonl"):
        [name] = names(tmp_path)
    assert re.fullmatch(rf"\.output\.jsonl\.[0-9a-f]{{8}}-{os.getpid()}-[0-9a-f]{{8}}\.tmp", name)


def test_a_folder_that_is_not_there_holds_nothing_to_remove(tmp_path: Path) -> None:
    remove_abandoned(tmp_path / "nowhere")


def test_a_disk_that_knows_no_locks_is_written_and_nothing_is_removed_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*_: object) -> None:
        raise OSError(errno.ENOSYS, "Function not implemented")

    with whole_file(tmp_path / "x"):
        left = names(tmp_path)[0]
    (tmp_path / "x").rename(tmp_path / left)
    monkeypatch.setattr("fcntl.flock", unknown)
    with whole_file(tmp_path / "output.jsonl") as file:
        file.write(b"all")
    remove_abandoned(tmp_path)
    assert names(tmp_path) == [left, "output.jsonl"]
