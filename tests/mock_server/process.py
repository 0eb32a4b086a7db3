"""The mock server in a process of its own, for tests that kill things and benches that count CPU time."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class MockProcess:
    """Where it answers, and its process id."""

    address: str
    pid: int


@contextmanager
def mock_process(*arguments: str) -> Iterator[MockProcess]:
    """`with mock_process('--delay=1', '--slots=64') as server:`; it ends with the block, or with this process."""
    command = [sys.executable, "-m", "tests.mock_server", "--port=0", "--until_stdin_closes", *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield MockProcess(process.stdout.readline().strip(), process.pid)
        finally:
            process.terminate()
