"""The image that the Containerfile makes: built by the real podman, and named in a cluster's config."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from northstar.version import __version__
from tests.conftest import ROOT, Ns

pytestmark = [pytest.mark.real_podman, pytest.mark.slow]

BASE, IMAGE = "localhost/debian-python:1", "localhost/northstar:test"
PACKAGES = "python3,python3-venv,bubblewrap,ca-certificates"


def said(*words: str, environment: dict[str, str], given: Path = Path(os.devnull)) -> str:
    with given.open("rb") as held:
        done = subprocess.run(words, stdin=held, env={**os.environ, **environment}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.fixture(scope="module")
def base(podman: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> str:
    """A small Debian with a Python, in the place of the one that the Containerfile takes from a registry."""
    if shutil.which("debootstrap") is None:
        words = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "debootstrap"]
        if subprocess.run(words, capture_output=True).returncode:
            pytest.skip("NO BASE IMAGE: debootstrap is not installed, and apt-get does not install it")
    root = tmp_path_factory.mktemp("debian")
    words = ["debootstrap", "--variant=minbase", f"--include={PACKAGES}", "bookworm", str(root / "root")]
    if subprocess.run(words, capture_output=True).returncode:
        pytest.skip("NO BASE IMAGE: debootstrap can't fetch Debian here")
    archive = root / "root.tar"
    said("tar", "-C", str(root / "root"), "-cf", str(archive), ".", environment={})
    shutil.rmtree(root / "root")
    said("podman", "import", "-q", "-", BASE, environment=podman, given=archive)
    archive.unlink()
    return BASE


@pytest.fixture(scope="module")
def image(podman: dict[str, str], base: str) -> Iterator[str]:
    # chroot: a machine that is a container itself may not start others while it builds.
    words = ["podman", "build", "-q", "--network=host", "--isolation=chroot", f"--build-arg=BASE={base}", "-t", IMAGE]
    if certificates := os.environ.get("SSL_CERT_FILE"):
        words += [f"--volume={certificates}:{certificates}:ro", f"--build-arg=SSL_CERT_FILE={certificates}"]
    said(*words, str(ROOT), environment=podman)
    yield IMAGE
    said("podman", "rmi", "--force", IMAGE, environment=podman)


def test_the_image_has_ns_and_no_model_server(podman: dict[str, str], image: str) -> None:
    run = ["podman", "run", "--rm", "--network=none", image]
    assert said(*run, "ns", "--version", environment=podman) == f"northstar {__version__}\n"
    names = "import importlib.util as u; print([n for n in ('northstar', 'vllm', 'torch') if u.find_spec(n)])"
    assert said(*run, "python3", "-c", names, environment=podman) == "['northstar']\n"


def test_a_worker_runs_in_it(
    ns: Ns, podman: dict[str, str], image: str, tmp_path: Path, start_mock: Callable[..., str]
) -> None:
    (tmp_path / "host").mkdir()
    config = {
        "executor": "local",
        "container_runtime": "podman",
        "mounts": [f"{tmp_path}/host:/workspace"],
        "containers": {"northstar": image},
    }
    (tmp_path / "box.yaml").write_text(json.dumps(config))
    asked = ("--benchmarks=smoke:1", "--output_dir=/workspace/out", "--model=mock", f"--server_address={start_mock()}")
    done = ns("eval", *asked, "--cluster=box", f"--config_dir={tmp_path}", timeout=300, **podman)
    assert done.returncode == 0, done.stderr
    assert "pass@1" in done.stdout
    run = json.loads((tmp_path / "host/out/run.json").read_text())["runs"][0]
    assert run["ending"] == "done"
