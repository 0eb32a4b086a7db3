"""Runs `ns` as a whole process and says what it cost, and writes rows to run it over."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Cost:
    """Of one process and what it started: seconds of wall time and of CPU, peak memory of the largest in MB."""

    wall: float
    cpu: float
    megabytes: float
    stdout: str


def run(*words: object, module: str = "northstar", **environment: str) -> Cost:
    """Run `python -m module words` to its end; it must succeed."""
    begun = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", module, *map(str, words)],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    stdout, stderr = process.stdout.read(), process.stderr.read()
    _, status, used = os.wait4(process.pid, 0)
    if status != 0:
        raise SystemExit(f"{' '.join(map(str, words))} failed:\n{stderr}")
    return Cost(time.monotonic() - begun, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, stdout)


def write_rows(data_dir: Path, rows: int, characters: int = 100) -> None:
    """Rows of whole-number problems, under the name of aime24."""
    folder = data_dir / "aime24"
    folder.mkdir(parents=True, exist_ok=True)
    filler = "x" * max(0, characters - 60)
    with (folder / "test.jsonl").open("w") as file:
        for row in range(rows):
            line = {
                "id": str(row),
                "problem": f"What is {row} + {row % 7}? {filler}",
                "expected_answer": str(row + row % 7),
            }
            file.write(json.dumps(line) + "\n")
