"""A user of the real Slurm, who knows what the mock server was asked."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.conftest import Ns

if TYPE_CHECKING:
    from tests.integration.cluster.conftest import RealSlurm

SECONDS = 120
ROWS = 24
IDS = [f"smoke-{number:02d}" for number in range(1, ROWS + 1)]


class Lab:
    """Runs `ns` as a user of the cluster does, and knows what the mock server was asked."""

    def __init__(self, ns: Ns, slurm: RealSlurm, config: Path, host: Path) -> None:
        self.slurm = slurm
        self.host = host
        self._ns = ns
        self.said = ""
        self.variables: dict[str, str] = {}
        self._where = ("--cluster=lab", f"--config_dir={config}")

    def ns(self, command: str, *words: object, ends: int = 0) -> str:
        """What it prints; what it says on stderr is in `said`. ends: the exit status that it should end with."""
        own = {name: value for name, value in self.slurm.environment.items() if name.startswith(("SLURM", "SBATCH"))}
        environment = {**own, "MY_KEY": "k", **self.variables}
        done = self._ns(command, *self._where, *words, **environment)
        assert done.returncode == ends, done.stdout + done.stderr
        self.said = done.stderr
        return done.stdout

    def eval(self, address: str, *words: object) -> dict[str, str]:
        """Submit; name → number of each job."""
        said = self.ns("eval", "--output_dir=/workspace/out", "--model=mock", f"--server_address={address}", *words)
        return {name: number for number, name in re.findall(r"^ +(\d+)  ([\w-]+)", said, re.MULTILINE)}

    def status(self) -> dict[str, dict[str, Any]]:
        """Name → what `ns status` says of each shard."""
        held = json.loads(self.ns("status", "/workspace/out", "--format=json"))
        return {shard["name"]: shard for shard in held["shards"]}

    def records(self, benchmark: str = "smoke") -> dict[str, list[str]]:
        """Output → the ids of its rows."""
        files = sorted((self.host / "out/eval-results" / benchmark).glob("output*.jsonl"))
        return {file.stem: [json.loads(line)["id"] for line in file.read_text().splitlines()] for file in files}

    def wait_for(self, condition: Callable[[], bool], seconds: float = SECONDS) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, self.slurm.states()
            time.sleep(0.2)


def answered(log: Path) -> list[tuple[str, int]]:
    """(message, seed) of what the mock server answered, in order."""
    events = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
    return [(event["message"], event["seed"]) for event in events if event["event"] == "answered"]
