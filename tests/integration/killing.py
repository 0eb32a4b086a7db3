"""Kills a run amid its work, as a machine's owner or its memory does; and what is on file by then."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path


def kill_after(answers: int, log: Path, *words: str, data_dir: Path) -> None:
    """Run `ns` and kill -9 it once the mock server has noted so many answers in its log."""
    process = subprocess.Popen(
        [sys.executable, "-m", "northstar", *words],
        env={**os.environ, "NORTHSTAR_DATA_DIR": str(data_dir)},
        stderr=subprocess.DEVNULL,
    )
    until = time.monotonic() + 60
    while process.poll() is None and _answered(log) < answers and time.monotonic() < until:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL, "it was done before it could be killed"


def _answered(log: Path) -> int:
    return log.read_text().count('"answered"') if log.exists() else 0


def on_file(folder: Path) -> int:
    """Generations in a benchmark's outputs and journals; not those of a journal that just now becomes an output."""
    return sum(_read(file).count(b'"generation":"') for file in folder.glob("*.jsonl*"))


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return b""
