"""`ns eval` on this machine with the server, and the worker, in real containers."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import Ns
from tests.integration.cluster.conftest import infra

pytestmark = [pytest.mark.real_podman, pytest.mark.slow]

IMAGE = "localhost/northstar-empty:1"
STORAGE = '[storage]\ndriver = "overlay"\ngraphroot = "{0}/storage"\nrunroot = "{0}/run"\n'
# What Debian's podman needs where cgroups are not systemd's and limits can't be raised.
CONTAINERS = """
[containers]
log_driver = "k8s-file"
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
"""
PROGRAMS = sorted({"/usr", "/etc", sys.prefix, sys.base_prefix})
"""The image is empty; programs are the host's own, mounted."""


@pytest.fixture(scope="module")
def podman() -> Iterator[dict[str, str]]:
    """The environment in which podman works; it is installed where the infra scripts install what they need."""
    infra("slurm-up")
    if shutil.which("podman") is None or shutil.which("runc") is None:
        words = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "podman", "runc"]
        if subprocess.run(
            words, capture_output=True, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        ).returncode:
            pytest.skip("NO REAL CONTAINERS: podman and runc are not installed, and apt-get does not install them")
    root = Path(f"/tmp/ns-podman-{os.getpid()}")
    root.mkdir()
    (root / "storage.conf").write_text(STORAGE.format(root))
    (root / "containers.conf").write_text(CONTAINERS)
    conf = {"CONTAINERS_STORAGE_CONF": f"{root}/storage.conf", "CONTAINERS_CONF": f"{root}/containers.conf"}
    environment = {**os.environ, **conf}
    try:
        done = subprocess.run(
            ["podman", "import", "-q", "-", IMAGE], input=empty_image(), env=environment, capture_output=True
        )
        if done.returncode != 0:
            pytest.skip(f"NO REAL CONTAINERS: podman does not work here: {done.stderr.decode()[-300:]}")
        yield conf
    finally:
        subprocess.run(["podman", "rm", "--all", "--force"], env=environment, capture_output=True, timeout=60)
        subprocess.run(["podman", "rmi", "--all", "--force"], env=environment, capture_output=True, timeout=60)
        shutil.rmtree(root, ignore_errors=True)


def empty_image() -> bytes:
    """Debian's links to /usr, and places to mount on."""
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as tar:
        for name in ("bin", "sbin", "lib", "lib64"):
            if Path("/", name).is_symlink():
                link = tarfile.TarInfo(name)
                link.type, link.linkname = tarfile.SYMTYPE, f"usr/{name}"
                tar.addfile(link)
        for name in ("usr", "etc", "tmp", "proc", "sys", "dev", "root"):
            folder = tarfile.TarInfo(name)
            folder.type, folder.mode = tarfile.DIRTYPE, 0o1777 if name == "tmp" else 0o755
            tar.addfile(folder)
    return held.getvalue()


Config = Callable[..., "tuple[str, str]"]


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """A cluster config whose `containers` are those of these names."""

    def write(*names: str) -> tuple[str, str]:
        (tmp_path / "host").mkdir(exist_ok=True)
        held = {
            "executor": "local",
            "container_runtime": "podman",
            "mounts": [f"{tmp_path}/host:/workspace", *(f"{folder}:{folder}:ro" for folder in PROGRAMS)],
            "containers": dict.fromkeys(names, IMAGE),
            "interpreters": {"northstar": sys.executable, "llamacpp": sys.executable},
        }
        (tmp_path / "box.yaml").write_text(json.dumps(held))
        return "--cluster=box", f"--config_dir={tmp_path}"

    return write


EMBEDDED = ("--benchmarks=smoke:1", "--server_args=--parallel 4", "++max_samples=4", "++inference.tokens_to_generate=8")


def left(podman: dict[str, str]) -> list[str]:
    words = ["podman", "ps", "--all", "--noheading", "--format={{.Names}} {{.Status}}"]
    return subprocess.run(words, env={**os.environ, **podman}, capture_output=True, text=True).stdout.splitlines()


@pytest.mark.parametrize("names", [("llamacpp",), ("llamacpp", "northstar"), ("northstar",)])
def test_server_and_worker_in_containers(
    names: tuple[str, ...], ns: Ns, podman: dict[str, str], config: Config, tmp_path: Path
) -> None:
    pytest.importorskip("xllamacpp")
    done = ns("eval", *EMBEDDED, *config(*names), "--output_dir=/workspace/out", timeout=300, **podman)
    assert done.returncode == 0, done.stderr
    assert "pass@1" in done.stdout
    run = json.loads((tmp_path / "host/out/run.json").read_text())["runs"][0]
    assert run["ending"] == "done"
    assert run["plan"] == {"job": "jobs/001/smoke-rs0", "rerun_done": False}
    job = (tmp_path / "host/out/eval-logs/jobs/001/smoke-rs0/job.json").read_text()
    assert ('"output_dir": "/workspace/out"' in job) == ("northstar" in names)
    assert (tmp_path / "host/out/eval-logs/jobs/001/smoke-rs0/llamacpp-server.log").stat().st_size > 0
    output = tmp_path / "host/out/eval-results/smoke/output-rs0.jsonl"
    assert (len(output.read_text().splitlines()), output.stat().st_uid) == (4, os.getuid())
    assert left(podman) == []


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_nothing_is_left_however_the_command_ends(
    how: signal.Signals,
    podman: dict[str, str],
    config: Config,
    tmp_path: Path,
    start_mock: Callable[..., str],
    data_dir: Path,
) -> None:
    words = [sys.executable, "-m", "northstar", "eval", "--benchmarks=smoke:1", *config("northstar")]
    words += ["--output_dir=/workspace/out", "--model=mock", f"--server_address={start_mock('--delay', 1)}"]
    environment = {**os.environ, **podman, "NORTHSTAR_DATA_DIR": str(data_dir)}
    with subprocess.Popen([*words, "++max_concurrent_requests=2"], env=environment, stderr=subprocess.DEVNULL) as run:
        journal = tmp_path / "host/out/eval-results/smoke/output-rs0.jsonl.journal"
        deadline = time.monotonic() + 90
        while not (journal.exists() and journal.read_bytes().count(b"\n") > 2) and time.monotonic() < deadline:
            assert run.poll() is None
            time.sleep(0.2)
        run.send_signal(how)
    while any(" Up " in f" {line}" for line in left(podman)) and time.monotonic() < deadline + 60:
        time.sleep(0.3)
    assert not [line for line in left(podman) if " Up " in line]
    assert journal.read_bytes().count(b"\n") > 2
    assert run.returncode == (-9 if how is signal.SIGKILL else 130)


def test_an_image_that_is_not_there_is_said(ns: Ns, podman: dict[str, str], config: Config, tmp_path: Path) -> None:
    where = config("llamacpp")
    (tmp_path / "box.yaml").write_text((tmp_path / "box.yaml").read_text().replace(IMAGE, "localhost/none:9"))
    done = ns("eval", *EMBEDDED, *where, "--output_dir=/workspace/out", **podman)
    assert done.returncode == 1
    assert "the server's step ended before it was ready" in done.stderr
    assert "localhost/none:9" in done.stderr
