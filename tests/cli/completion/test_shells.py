"""The real shells complete `ns`, and are quick about it."""

from __future__ import annotations

import os
import pty
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from northstar.cli.completion.installing import script
from tests.conftest import Ns
from tests.waiting import wait_for

TARGET = 0.3
"""Seconds from TAB to the answer on an idle machine; a loaded one gets more."""


@pytest.fixture
def path(tmp_path: Path) -> str:
    """A PATH with an `ns` of this code."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "ns").write_text(f'#!/bin/sh\nexec {sys.executable} -m northstar "$@"\n')
    (folder / "ns").chmod(0o755)
    return f"{folder}:{os.environ['PATH']}"


def bash(line: str, path: str, folder: Path) -> list[str]:
    """What bash puts forward for the word at the end of a line, by its own breaking of words."""
    code = f"""{script("bash")}
COMP_LINE=$1 COMP_POINT=${{#1}} COMP_WORDBREAKS=$' \\t\\n"\\'><=;|&(:'
_ns_completion ns
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
    environment = {**os.environ, "PATH": path}
    argv = ["bash", "--norc", "-c", code, "bash", line]
    done = subprocess.run(argv, env=environment, cwd=folder, capture_output=True, text=True, timeout=60)
    assert done.stderr == ""
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("ns eva", ["eval "]),
        ("ns eval --benchmarks=aime24", ["aime24"]),
        ("ns eval --benchmarks=aime24:4,math-5", ["4,math-500"]),
        ("ns eval --benchmarks=aime24:4,math-500:1", ["16"]),
        ("ns eval ++inference.endpoint_type=t", ["text "]),
        ("ns eval ++inference.top_", ["++inference.top_p=", "++inference.top_k="]),
        ("ns recipes nemotron-nano-9b-v2:", ["reasoning-on "]),
    ],
)
def test_bash_gets_the_rest_of_the_word_that_it_sees(line: str, found: list[str], path: str, tmp_path: Path) -> None:
    assert bash(line, path, tmp_path)[: len(found)] == found


@pytest.mark.slow
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_press_of_tab_completes_in_the_shell_itself(shell: str, path: str, tmp_path: Path, ns: Ns) -> None:
    """Typed into a terminal, after ns --install-completion has done what it does."""
    if shutil.which(shell) is None:
        pytest.skip(f"NO {shell}: its completion goes untested")
    home = tmp_path / "home"
    home.mkdir()
    environment = {"HOME": str(home), "ZDOTDIR": "", "XDG_CONFIG_HOME": "", "TERM": "dumb"}
    done = ns("--install-completion", shell, **environment)
    assert done.returncode == 0, done.stderr
    shown = pressed(shell, "ns eval --benchmarks=aime24:4,math-5\t", path, home, "math-500")
    assert "math-500" in shown


def pressed(shell: str, keys: str, path: str, home: Path, wanted: str) -> str:
    """What a terminal shows once these keys were typed into an interactive shell."""
    number, terminal = pty.fork()
    if number == 0:  # the shell
        environment = {"PATH": path, "HOME": str(home), "TERM": "xterm", "LANG": "C.UTF-8"}
        os.chdir(home)
        os.execvpe(shell, [shell, "-i"], environment)
    shown = b""

    def read() -> None:
        nonlocal shown
        while select.select([terminal], [], [], 0.1)[0]:
            part = os.read(terminal, 65536)
            if not part:
                return
            shown += part
            if b"\x1b[c" in part or b"\x1b[0c" in part:  # fish asks what kind of terminal this is
                os.write(terminal, b"\x1b[?62;c")

    def has_begun() -> bool:
        read()
        return len(shown) > 0

    def is_there() -> bool:
        read()
        return wanted.encode() in shown

    try:
        wait_for(has_begun, 30)
        time.sleep(0.5)  # the prompt of a shell has no sign that it is the last one
        read()
        shown = b""
        os.write(terminal, keys.encode())
        wait_for(is_there, 30)
    finally:
        os.kill(number, 9)
        os.waitpid(number, 0)
        os.close(terminal)
    return shown.decode(errors="replace")


@pytest.mark.slow
@pytest.mark.parametrize("line", ["ns eval --benchmarks=ai", "ns eval ++inf", "ns eval --cluster="])
def test_the_answer_takes_under_300_ms(line: str, path: str, tmp_path: Path) -> None:
    took = []
    for _ in range(5):
        begun = time.perf_counter()
        bash(line, path, tmp_path)
        took.append(time.perf_counter() - begun)
    busy = max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
    assert min(took) < TARGET * busy * 1.5, took


def test_installing_twice_adds_one_line(tmp_path: Path, ns: Ns) -> None:
    (tmp_path / ".bashrc").write_text("alias ll='ls -l'")
    for _ in range(2):
        assert ns("--install-completion=bash", HOME=str(tmp_path), XDG_CONFIG_HOME="").returncode == 0
    lines = (tmp_path / ".bashrc").read_text().splitlines()
    assert lines == ["alias ll='ls -l'", f"source '{tmp_path}/.config/northstar/ns.bash'  # completion of ns"]


def test_a_shell_that_is_not_known_is_refused(ns: Ns) -> None:
    done = ns("--install-completion=basch")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: there is no completion for 'basch'. Did you mean bash? It may be bash, zsh, fish.\n"
