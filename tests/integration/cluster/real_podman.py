"""The real podman, with a storage of its own, and an image for tests in which there is nothing."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

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


@contextmanager
def real_podman() -> Iterator[dict[str, str]]:
    """The environment in which podman works; it is installed if it isn't there."""
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
