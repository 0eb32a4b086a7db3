"""A mock model server in a process of its own, as real ones are."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def start_mock() -> Iterator[Callable[..., str]]:
    """Start a mock server with the given options; returns its address."""
    started: list[subprocess.Popen[str]] = []

    def start(*options: object) -> str:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.mock_server", "--tokens=20", *map(str, options)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stdout is not None
        return process.stdout.readline().strip()

    yield start
    for process in started:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
