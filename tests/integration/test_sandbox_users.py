"""The sandbox as root, as an ordinary user, as root of that user's own namespace, in a container."""

from __future__ import annotations

import atexit
import functools
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.hoards import HOARDS, LITTLE
from tests.integration.left_by_sandboxes import folders, lasting

pytestmark = pytest.mark.xdist_group("hoards")

ROOT = Path(__file__).parents[2]
PYTHON = "/usr/bin/python3"
USER = ("setpriv", "--reuid=54321", "--regid=54321", "--clear-groups")
OWN_ROOT = (*USER, "unshare", "--user", "--map-root-user")
NO_NAMESPACES = (*OWN_ROOT, "sh", "-c", 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"', "sh")

CODE = """
import asyncio
from pathlib import Path
from northstar.sandbox.launch import Interpreter
from northstar.sandbox.tiers import why_not
python = Interpreter(Path("/usr/bin/python3"), (Path("/usr"),), isolated=True)
for tier in ("bubblewrap", "landlock"):
    print(tier, asyncio.run(why_not(tier, python)) or "contains programs")
"""


IN_TMP = """
import asyncio, os, subprocess, sys, tempfile
from pathlib import Path
from northstar.sandbox.environment import VARIABLE, found_environment
from northstar.sandbox.program import Program
from northstar.sandbox.sandbox import Sandbox
from northstar.sandbox.tiers import choose

PROGRAM = '''
import late, os
try:
    open(late.__file__, "a")
    print("written")
except OSError:
    print(late.__file__)
open("/tmp/own", "w").write("x")
print(sorted(os.listdir("/tmp")) == sorted(["own", late.__file__.split("/")[2]]))
'''

async def run():
    tier = await choose("bubblewrap", found_environment())
    async with Sandbox(tier.name, 1, tier.interpreter) as sandbox:
        for _ in range(2):
            outcome = await sandbox.run(Program(code=PROGRAM))
            print(outcome.status, outcome.error, *outcome.output.decode().split())

with tempfile.TemporaryDirectory(dir="/tmp") as folder:
    os.environ[VARIABLE] = folder + "/env"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder + "/env"], check=True)
    late = next(Path(folder).glob("env/lib/python3*/site-packages")) / "late.py"
    late.write_text("x = 1")
    print(late)
    asyncio.run(run())
"""


HOARD = """
import asyncio, json, sys
from pathlib import Path
from northstar.sandbox.launch import Interpreter
from northstar.sandbox.program import Limits, Program
from northstar.sandbox.sandbox import Sandbox
python = Interpreter(Path("/usr/bin/python3"), (Path("/usr"),), isolated=True)
limits = Limits(cpu_seconds=6, wall_seconds=12, memory_bytes=256 << 20, file_bytes=16 << 20)
async def run():
    for tier in ("bubblewrap", "landlock"):
        async with Sandbox(tier, 1, python) as sandbox:
            for name, code in PROGRAMS.items():
                outcome = await sandbox.run(Program(code=code), b"", limits)
                print(json.dumps([tier, name, outcome.status, outcome.error, outcome.output.decode()]))
asyncio.run(run())
"""
CHAIN = "import os\nos.umask(0o477)\nfor _ in range(1500):\n    os.mkdir('d')\n    os.chdir('d')\nprint(0)"
NAMES = "print(len(open('/dev/stdin').read() + open('/proc/self/fd/0').read()), file=open('/dev/stdout', 'w'))"


def said_by(*words: str) -> dict[str, str]:
    """Tier → what a first program found, with the system's Python, started by these words."""
    return read(run_as(words, CODE))


@functools.cache
def readable_source() -> Path:
    """Copy Northstar's source to where every user can read it: a clone may lie in a folder of one's own."""
    folder = Path(tempfile.mkdtemp(prefix="northstar-source-", dir="/tmp"))
    atexit.register(shutil.rmtree, folder)
    folder.chmod(0o755)
    shutil.copytree(ROOT / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run(["chmod", "-R", "a+rX", str(folder)], check=True)
    return folder / "src"


def run_as(words: tuple[str, ...], code: str) -> str:
    """What code of Northstar's prints, run by the system's Python, started by these words."""
    if os.geteuid() != 0 or not all(map(shutil.which, (PYTHON, "setpriv", "unshare"))):
        pytest.skip("ONLY ROOT CAN BECOME THE USERS THAT THIS TRIES (and needs the system's Python, setpriv, unshare)")
    environment = {"PYTHONPATH": str(readable_source()), "PYTHONDONTWRITEBYTECODE": "1", "PATH": os.environ["PATH"]}
    done = subprocess.run([*words, PYTHON, "-c", code], env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


def read(said: str) -> dict[str, str]:
    tiers = [line.partition(" ") for line in said.splitlines()]
    return {name: what for name, _, what in tiers}


@pytest.fixture(scope="module")
def container(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., dict[str, str]]:
    """Run the same in a container of podman's, whose system is this one's, read-only."""
    if os.geteuid() != 0 or shutil.which("podman") is None or shutil.which("runc") is None:
        pytest.skip("NO PODMAN WITH RUNC, OR NOT ROOT: nothing is known of the sandbox in a container")
    folder = tmp_path_factory.mktemp("container")
    for name in ("usr", "etc", "tmp", "proc", "sys", "dev", "var/tmp", "root", "run", "src"):
        (folder / "rootfs" / name).mkdir(parents=True)
    for name in ("tmp", "var/tmp"):
        (folder / "rootfs" / name).chmod(0o1777)
    for name in ("bin", "lib", "lib64", "sbin"):
        (folder / "rootfs" / name).symlink_to(f"usr/{name}")
    shutil.copy("/etc/ld.so.cache", folder / "rootfs/etc")
    limits = 'default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]'
    engine = '[engine]\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\nruntime = "runc"\n'
    (folder / "containers.conf").write_text(f"[containers]\n{limits}\n{engine}")
    store = f'driver = "vfs"\ngraphroot = "{folder}/storage"\nrunroot = "{folder}/run"\n'
    (folder / "storage.conf").write_text(f"[storage]\n{store}")
    environment = {"CONTAINERS_CONF": str(folder / "containers.conf")}
    environment |= {"CONTAINERS_STORAGE_CONF": str(folder / "storage.conf"), "PATH": os.environ["PATH"]}

    def run(*options: str) -> dict[str, str]:
        words = ["podman", "run", "--rm", "--network=none", "-v=/usr:/usr:ro", f"-v={ROOT}/src:/src:ro"]
        words += ["-e=PYTHONPATH=/src", "-e=PYTHONDONTWRITEBYTECODE=1", *options, "--rootfs", str(folder / "rootfs")]
        done = subprocess.run(
            [*words, PYTHON, "-c", CODE], env=environment, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0, done.stderr
        return read(done.stdout)

    return run


@pytest.mark.parametrize("options", [(), ("--user=1234",), ("--cap-drop=all",), ("--read-only",), ("--privileged",)])
def test_programs_are_contained_in_a_container(
    container: Callable[..., dict[str, str]], options: tuple[str, ...]
) -> None:
    said = container(*options)
    assert said["landlock"] == "contains programs"
    if options in (("--privileged",), ("--user=1234",)):
        assert said["bubblewrap"] == "contains programs"


@pytest.mark.parametrize("words", [(), USER, OWN_ROOT], ids=["root", "user", "the user's own root"])
def test_both_tiers_contain_programs(words: tuple[str, ...]) -> None:
    assert said_by(*words) == {"bubblewrap": "contains programs", "landlock": "contains programs"}


def test_without_user_namespaces_there_is_landlock() -> None:
    said = said_by(*NO_NAMESPACES)
    assert said["landlock"] == "contains programs"
    assert "namespace" in said["bubblewrap"]


@pytest.mark.parametrize("words", [(), USER, OWN_ROOT], ids=["root", "user", "the user's own root"])
def test_an_environment_below_tmp_is_entered_and_not_hidden_from_its_programs(words: tuple[str, ...]) -> None:
    place, *outcomes = run_as(words, IN_TMP).splitlines()
    assert outcomes == [f"ok  {place} True"] * 2


@pytest.mark.slow
@pytest.mark.parametrize("words", [USER, OWN_ROOT], ids=["user", "the user's own root"])
def test_what_no_process_shows_is_bounded_and_nothing_stays(words: tuple[str, ...]) -> None:
    programs = {**HOARDS, "a chain": CHAIN, "names of streams": NAMES}
    before = folders()
    for line in run_as(words, f"PROGRAMS = {programs!r}\n{HOARD}").splitlines():
        tier, name, status, error, output = json.loads(line)
        if status == "ok":
            assert int(output) <= LITTLE, (tier, name, output)
        else:
            assert name in HOARDS, (tier, name, error)
            assert error.startswith("more than"), (tier, name, error)
    assert not lasting(folders, before)
