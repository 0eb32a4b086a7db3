"""A real Slurm of four nodes with eight pretend GPUs each, started by the infra scripts where they are."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import ROOT, Ns
from tests.integration.cluster.lab import SECONDS, Lab
from tests.integration.cluster.real_podman import real_podman

INFRA = Path(os.environ.get("NORTHSTAR_TEST_INFRA") or ROOT.parent / "shared" / "infra")
SETTLE_SECONDS = 4
ENDED = ("COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL", "OUT_OF_MEMORY")


def infra(script: str) -> str:
    """One of the infra scripts; the test is skipped loudly where they aren't, or can't do their work."""
    if sys.platform != "linux" or not (INFRA / script).exists():
        pytest.skip(f"NO REAL PARTS: there is no {INFRA / script}; set NORTHSTAR_TEST_INFRA to the folder that has it")
    if os.getuid() != 0:
        pytest.skip(f"NO REAL PARTS: {script} needs root")
    return str(INFRA / script)


@pytest.fixture(scope="session")
def podman() -> Iterator[dict[str, str]]:
    """The environment in which podman works; it is installed where the infra scripts install what they need."""
    infra("slurm-up")
    with real_podman() as environment:
        yield environment


class RealSlurm:
    """conf: for SLURM_CONF."""

    def __init__(self, conf: str) -> None:
        self._waiting: dict[str, float] = {}
        self._conf = Path(conf)
        self.environment = {**os.environ, "SLURM_CONF": conf}

    def run(self, *words: str) -> str:
        done = subprocess.run(words, env=self.environment, capture_output=True, text=True, timeout=SECONDS)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def add_partitions(self, *lines: str) -> None:
        """Where jobs of a higher tier take the place of others."""
        held = [line for line in self._conf.read_text().splitlines() if not line.startswith("Preempt")]
        own = ["PreemptType=preempt/partition_prio", "PreemptMode=REQUEUE"]
        self._conf.write_text("\n".join([*own, *held, *(line for line in lines if line not in held), ""]))
        self.run("scontrol", "reconfigure")

    def states(self) -> dict[str, str]:
        """Number → state of all jobs that the controller remembers."""
        listed = self.run("squeue", "--noheader", "--states=all", "--format=%i %T").splitlines()
        return dict(line.split(maxsplit=1) for line in listed)

    def wait(self, *ids: str, seconds: float = SECONDS) -> None:
        """Until these jobs have ended. One that was queued again begins soon, not after Slurm's two minutes."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            states = self.states()
            if all(states.get(number) in ENDED for number in ids):
                return
            self.begin_now(*ids)
            time.sleep(0.3)
        raise AssertionError(f"after {seconds} s the jobs are {self.states()}")

    def begin_now(self, *ids: str) -> None:
        """Not at once: Slurm has them wait so that their node is done with their earlier life."""
        for line in self.run("squeue", "--noheader", "--states=PENDING", "--format=%i %r").splitlines():
            number, _, reason = line.partition(" ")
            if number not in ids or reason != "BeginTime":
                continue
            if time.monotonic() - self._waiting.setdefault(number, time.monotonic()) > SETTLE_SECONDS:
                del self._waiting[number]
                subprocess.run(
                    ["scontrol", "update", f"JobId={number}", "StartTime=now"],
                    env=self.environment,
                    capture_output=True,
                )


@contextmanager
def real_slurm(root: Path, port: int, accounting: bool) -> Iterator[RealSlurm]:
    up, down = infra("slurm-up"), infra("slurm-down")
    environment = {**os.environ, "SLURM_ROOT": str(root), "PORT0": str(port), "ACCT": str(int(accounting))}
    begun = subprocess.run([up], env=environment, capture_output=True, text=True, timeout=300)
    try:
        if begun.returncode != 0:
            pytest.skip(f"NO REAL SLURM: slurm-up failed: {begun.stderr[-500:]}")
        yield RealSlurm(str(root / "etc" / "slurm.conf"))
    finally:
        subprocess.run([down, "--purge"], env=environment, capture_output=True, timeout=120)


def _port(offset: int) -> int:
    """Ports that another session's Slurm on this machine is unlikely to have."""
    return 20000 + 250 * (os.getpid() % 40) + offset


@pytest.fixture(scope="session")
def slurm() -> Iterator[RealSlurm]:
    root = Path(f"/tmp/ns-slurm-{os.getpid()}")  # short: sockets lie in it
    with real_slurm(root, _port(0), accounting=True) as cluster:
        yield cluster


@pytest.fixture
def slurm_without_accounting() -> Iterator[RealSlurm]:
    with real_slurm(Path(f"/tmp/ns-slurm0-{os.getpid()}"), _port(110), accounting=False) as cluster:
        yield cluster


Submit = Callable[..., "list[str]"]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The folder of a cluster config `lab` that mounts tmp_path/host as /workspace."""
    folder = tmp_path / "configs"
    folder.mkdir()
    (tmp_path / "host").mkdir()
    (folder / "lab.yaml").write_text(
        f"executor: slurm\npartition: main\ntimeouts: 00:10:00\ngpus_per_node: 8\nenv_vars: [MY_KEY]\n"
        f"mounts: ['{tmp_path}/host:/workspace']\n"
    )
    return folder


@pytest.fixture
def lab(ns: Ns, slurm: RealSlurm, config: Path, tmp_path: Path) -> Lab:
    return Lab(ns, slurm, config, tmp_path / "host")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "asked.log"


class RealSsh:
    """command: for NORTHSTAR_SSH_COMMAND. host: a name of its config."""

    def __init__(self, root: Path) -> None:
        self.command = f"ssh -F {root}/config"
        self.host = "labcluster"


@pytest.fixture(scope="session")
def ssh() -> Iterator[RealSsh]:
    """A real sshd on loopback, with keys and a config of its own, whose config shares connections."""
    up, down = infra("ssh-up"), infra("ssh-down")
    root = Path(f"/tmp/ns-ssh-{os.getpid()}")
    environment = {**os.environ, "SSH_ROOT": str(root), "SSH_PORT": str(_port(200))}
    begun = subprocess.run([up], env=environment, capture_output=True, text=True, timeout=300)
    try:
        if begun.returncode != 0:
            pytest.skip(f"NO REAL SSHD: ssh-up failed: {begun.stderr[-500:]}")
        yield RealSsh(root)
    finally:
        subprocess.run([down], env=environment, capture_output=True, timeout=60)
        shutil.rmtree(root, ignore_errors=True)
