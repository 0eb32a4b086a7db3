"""The sandbox as root, as an ordinary user, as root of that user's own namespace, and without namespaces."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

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


def said_by(*words: str) -> dict[str, str]:
    """Tier → what a first program found, with the system's Python, started by these words."""
    if os.geteuid() != 0 or not all(map(shutil.which, (PYTHON, "setpriv", "unshare"))):
        pytest.skip("ONLY ROOT CAN BECOME THE USERS THAT THIS TRIES (and needs the system's Python, setpriv, unshare)")
    environment = {"PYTHONPATH": str(ROOT / "src"), "PYTHONDONTWRITEBYTECODE": "1", "PATH": os.environ["PATH"]}
    done = subprocess.run([*words, PYTHON, "-c", CODE], env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    tiers = [line.partition(" ") for line in done.stdout.splitlines()]
    return {name: what for name, _, what in tiers}


@pytest.mark.parametrize("words", [(), USER, OWN_ROOT], ids=["root", "user", "the user's own root"])
def test_both_tiers_contain_programs(words: tuple[str, ...]) -> None:
    assert said_by(*words) == {"bubblewrap": "contains programs", "landlock": "contains programs"}


def test_without_user_namespaces_there_is_landlock() -> None:
    said = said_by(*NO_NAMESPACES)
    assert said["landlock"] == "contains programs"
    assert "namespace" in said["bubblewrap"]
