"""`ns eval` on a terminal, seen through pyte: a server that dies, a sample that is stuck."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pyte
import pytest

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
COLUMNS, LINES = 110, 24


class Shown:
    """An `ns eval` on a terminal of its own, and what that shows."""

    def __init__(self, process: subprocess.Popen[bytes], terminal: int) -> None:
        self._process, self._terminal = process, terminal
        self._screen = pyte.Screen(COLUMNS, LINES)
        self._stream = pyte.ByteStream(self._screen)

    def frames(self, until: Callable[[str], bool], seconds: float = 60) -> Iterator[str]:
        """Yield what the terminal shows after each change, until that holds. Fails when it never does."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if select.select([self._terminal], [], [], 0.1)[0]:
                try:
                    self._stream.feed(os.read(self._terminal, 65536))
                except OSError:  # it has ended
                    break
            text = "\n".join(line.rstrip() for line in self._screen.display).strip()
            yield text
            if until(text):
                return
        pytest.fail(f"it never came: {text}")


@pytest.fixture
def shown(tmp_path: Path) -> Iterator[Callable[..., Shown]]:
    """Start `ns eval` of smoke on a terminal."""
    started: list[tuple[subprocess.Popen[bytes], int]] = []

    def start(address: str, *words: str) -> Shown:
        mine, its = pty.openpty()
        fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        command = [sys.executable, "-m", "northstar", "eval", "--benchmarks=smoke:2", f"--output_dir={tmp_path}/out"]
        command += ["--model=mock", f"--server_address={address}", "++max_concurrent_requests=8", *words]
        environment = {**os.environ, "TERM": "xterm-256color", "NORTHSTAR_DATA_DIR": str(tmp_path)}
        process = subprocess.Popen(command, stdin=its, stdout=its, stderr=its, env=environment)
        os.close(its)
        started.append((process, mine))
        return Shown(process, mine)

    yield start
    for process, terminal in started:
        process.kill()
        process.wait()
        os.close(terminal)


def test_of_a_server_that_dies_no_end_is_promised(shown: Callable[..., Shown]) -> None:
    words = [sys.executable, "-m", "tests.mock_server", "--tokens=200", "--delay=0.5", "--until_stdin_closes"]
    with subprocess.Popen(words, cwd=ROOT, stdin=-1, stdout=-1, text=True) as server:
        assert server.stdout is not None
        run = shown(server.stdout.readline().strip())
        well = [*run.frames(lambda frame: " left · " in frame)][-1]
        assert well.splitlines()[0].startswith("smoke  ━")
        assert "asking · 8 in flight · " in well
        server.kill()
    dead = [*run.frames(lambda frame: "every request waits to be sent again" in frame)][-1]
    assert "time left unknown" in dead
    assert " retries (conn" in dead or " retries (cannot connect: " in dead
    assert "tokens/s" not in dead


def test_a_sample_that_is_stuck_is_named(shown: Callable[..., Shown], start_mock: Callable[..., str]) -> None:
    run = shown(start_mock("--delay=0.3", "--first=,,,hang"), "++request_timeout=300")
    frames = [*run.frames(lambda frame: "asking · 1 in flight · " in frame and "oldest: " in frame)]
    lines = frames[-1].splitlines()
    assert lines[0].startswith("smoke  ━")
    assert "  47/48  " in lines[0]
    assert lines[1].startswith("asking · 1 in flight · time left unknown · ")
    assert re.match(r"oldest: smoke rs\d row \d+ \(id smoke-\d\d\) for \d+ s$", lines[-1])
    assert frames[-1].count("smoke  ━") == 1
