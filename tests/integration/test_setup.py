"""`ns setup` writes a config that works, and --check tries it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.conftest import Ns


def test_questions_become_a_config(tmp_path: Path, ns: Ns) -> None:
    (tmp_path / "w").mkdir()
    answers = f"dev\nlocal\n{tmp_path}/w:/workspace\n"
    words = [sys.executable, "-m", "northstar", "setup", f"--config_dir={tmp_path}/configs"]
    done = subprocess.run(words, input=answers, capture_output=True, text=True, env=os.environ)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "configs/dev.yaml").read_text() == f"executor: local\nmounts:\n- {tmp_path}/w:/workspace\n"
    checked = ns("setup", "--check", "--cluster=dev", f"--config_dir={tmp_path}/configs")
    assert checked.returncode == 0, checked.stderr
    assert f"ok    mounts: {tmp_path}/w:/workspace\n" in checked.stdout


def test_answers_that_cannot_be_leave_the_config_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "dev.yaml").write_text("executor: local\n")
    words = [sys.executable, "-m", "northstar", "setup", f"--config_dir={tmp_path}"]
    done = subprocess.run(words, input="dev\ny\nslrum\n\n", capture_output=True, text=True, env=os.environ)
    assert done.returncode == 2
    assert "executor must be local or slurm" in done.stderr
    assert (tmp_path / "dev.yaml").read_text() == "executor: local\n"


def test_what_is_not_there_fails_the_check(tmp_path: Path, ns: Ns) -> None:
    (tmp_path / "dev.yaml").write_text("executor: local\nmounts: [/no/such/place:/workspace]\n")
    checked = ns("setup", "--check", "--cluster=dev", f"--config_dir={tmp_path}")
    assert checked.returncode == 1
    assert "FAIL  mounts: there is no folder /no/such/place" in checked.stdout
    assert checked.stderr == "error: 1 check of cluster dev failed.\n"
