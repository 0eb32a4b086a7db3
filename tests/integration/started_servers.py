"""Mock servers that `ns eval` starts: the command, the processes, and what is on file by now."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from tests.integration.killing import on_file

MARK = "NORTHSTAR_TEST_RUN"
MOCK = f"{sys.executable} -m tests.mock_server"


def words(output: Path, args: str = "", entrypoint: str = MOCK, **options: Any) -> list[str]:
    """An `ns eval` that starts a server of its own."""
    server = [f"--{name}={value}" for name, value in options.items()]
    return [
        "eval",
        "--benchmarks=smoke:4",
        f"--output_dir={output}",
        "--server_type=generic",
        f"--server_entrypoint={entrypoint}",
        f"--server_args={args}",
        "--model=mock",
        *server,
        "++max_concurrent_requests=8",
    ]


def last_run(output: Path) -> dict[str, Any]:
    run: dict[str, Any] = json.loads((output / "run.json").read_text())["runs"][-1]
    return run


def samples(output: Path) -> list[tuple[str, str]]:
    """(seed's file, row) of each record."""
    files = sorted((output / "eval-results/smoke").glob("output-rs*.jsonl"))
    return [(file.name, json.loads(line)["id"]) for file in files for line in file.read_text().splitlines()]


def servers() -> list[int]:
    """The mock servers that `ns` has started and that run."""
    return [int(folder.name) for folder in Path("/proc").glob("[0-9]*") if _is_mine(folder)]


def _is_mine(folder: Path) -> bool:
    """Whether the process is a mock server that `ns` started in this test run, and that runs."""
    try:
        command = (folder / "cmdline").read_text().split("\0")
        state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
        marked = f"{MARK}={os.environ[MARK]}" in (folder / "environ").read_text(errors="replace")
    except OSError:
        return False
    is_server = "tests.mock_server" in command and "--model" in command and "guardian.py" not in " ".join(command)
    return is_server and marked and state != "Z"


def journalled(output: Path) -> int:
    """Generations that are on file."""
    return on_file(output / "eval-results/smoke")


def has_journalled(output: Path, wanted: int) -> bool:
    """Whether so many generations are on file."""
    return journalled(output) >= wanted
