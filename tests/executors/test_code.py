"""Northstar's code, copied once a version, is enough to run it."""

from __future__ import annotations

import io
import subprocess
import sys
import tarfile
from pathlib import Path

from northstar.core.paths import PACKAGE
from northstar.executors.code import archive, code_name, packed_code, source_files


def test_the_copy_runs(tmp_path: Path) -> None:
    folder = packed_code(tmp_path)
    asked = "import northstar.executors.local.worker_entry as entry; print(entry.__file__)"
    done = subprocess.run(
        [sys.executable, "-c", asked], env={"PYTHONPATH": str(folder)}, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == str(folder / "northstar/executors/local/worker_entry.py")


def test_it_is_copied_once(tmp_path: Path) -> None:
    folder = packed_code(tmp_path)
    (folder / "mark").touch()
    assert packed_code(tmp_path) == folder
    assert (folder / "mark").exists()
    assert [child.name for child in tmp_path.iterdir()] == [code_name()]


def test_the_archive_holds_the_same_files_and_nobodys_name() -> None:
    with tarfile.open(fileobj=io.BytesIO(archive())) as tar:
        members = tar.getmembers()
    assert [member.name for member in members] == [
        str(Path("northstar") / file.relative_to(PACKAGE)) for file in source_files()
    ]
    assert {(member.uid, member.uname) for member in members} == {(0, "")}
    assert not [member for member in members if "__pycache__" in member.name]
