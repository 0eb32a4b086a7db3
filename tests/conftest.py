"""What tests share: the project's real benchmark rows where they are, a data folder, and the command."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# On CI the same examples each time: what is found at random is found at a developer's, not in somebody's merge.
# Without deadlines: they go by the clock, and others may have the machine.
settings.register_profile("ours", deadline=None)
settings.register_profile("ci", derandomize=True, deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "ours")

# Where the surroundings forbid it to keep compiled modules, every command that a test starts compiles all that it
# imports: 2.5 s of CPU each where 0.7 do. The tests start hundreds.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# A shell that starts the tests in the background has them ignore Ctrl-C, and so all that they start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = Path(__file__).parents[1]
INTEGRATION = ROOT / "tests" / "integration"
Ns = Callable[..., "subprocess.CompletedProcess[str]"]


TOGETHER = {
    "real_slurm": "slurm",
    "real_ssh": "slurm",
    "real_podman": "podman",
    "real_vllm": "vllm",
    "real_browser": "browser",
}
"""Mark → group. A group runs in one worker, one test after the other: its tests share what is started once."""


REAL = {*TOGETHER, "real_model"}
"""Marks of tests that wait for programs which are not ours."""


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Two for each core, since many tests wait for commands. None for tests that are named: pdb reaches them."""
    named = bool(config.args) and all("::" in each for each in config.args)
    return 0 if named else min(2 * (os.cpu_count() or 1), 16)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of real parts are slow: each starts a process or more, or needs an environment of packages.

    On CI they get a second try, for they wait for programs that are not ours on a machine that others use. The summary
    names each that needed it.
    """
    for item in items:
        if "CI" in os.environ and (INTEGRATION in item.path.parents or {m.name for m in item.iter_markers()} & REAL):
            item.add_marker(pytest.mark.flaky(reruns=1))
        if INTEGRATION in item.path.parents or {"bfcl_data", "instructions_data"} & set(
            getattr(item, "fixturenames", ())
        ):
            item.add_marker(pytest.mark.slow)
        for mark in list(item.iter_markers()):
            if mark.name in TOGETHER:
                item.add_marker(pytest.mark.xdist_group(TOGETHER[mark.name]))


def of_all_workers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of this run of the tests that all of its workers have."""
    folder = tmp_path_factory.getbasetemp()
    return folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder


@contextmanager
def one_worker_at_a_time(folder: Path) -> Iterator[None]:
    """The first makes what is to be in the folder; the others wait and find it."""
    with Path(f"{folder}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real benchmark rows: NORTHSTAR_TEST_DATA, else a folder beside the checkout. Skipped loudly without them."""
    folder = Path(os.environ.get("NORTHSTAR_TEST_DATA") or ROOT.parent / "shared" / "data")
    if not (folder / "math-500").is_dir():
        pytest.skip(f"NO REAL BENCHMARK ROWS at {folder}: set NORTHSTAR_TEST_DATA to the folder that holds them")
    return folder


@pytest.fixture(scope="session")
def bfcl_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with bfcl_v3 prepared, its environment made. Skipped loudly where PyPI can't be reached."""
    from northstar.api.prepare import prepare_data
    from northstar.core.errors import NorthstarError

    folder = of_all_workers(tmp_path_factory) / "bfcl"
    try:
        with one_worker_at_a_time(folder):
            prepare_data("bfcl_v3", data_dir=folder)
    except NorthstarError as error:
        if "cannot create the environment" not in str(error):
            raise
        pytest.skip(f"NO BFCL ENVIRONMENT: {error}")
    return folder


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A headless Chromium of the system's; NORTHSTAR_TEST_CHROMIUM says which. Skipped loudly without one.

    As long as it is open no other event loop runs in this thread: tests with one stand in other modules.
    """
    named = os.environ.get("NORTHSTAR_TEST_CHROMIUM")
    found = named or next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        pytest.skip("NO CHROMIUM: install it (apt-get install chromium), or name one by NORTHSTAR_TEST_CHROMIUM")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        sandbox = [] if os.geteuid() else ["--no-sandbox"]  # root has no other choice
        browser = playwright.chromium.launch(executable_path=found, args=sandbox)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def instructions_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the environment of the verifiers of instructions. Skipped loudly without PyPI."""
    from northstar.core.errors import NorthstarError
    from northstar.data.environment import make_environment
    from northstar.graders.instructions.verifiers import ENVIRONMENT

    folder = of_all_workers(tmp_path_factory) / "instructions"
    try:
        with one_worker_at_a_time(folder):
            make_environment(ENVIRONMENT, folder)
    except NorthstarError as error:
        if "cannot create the environment" not in str(error):
            raise
        pytest.skip(f"NO ENVIRONMENT OF THE VERIFIERS OF INSTRUCTIONS: {error}")
    return folder


@pytest.fixture(autouse=True, scope="module")
def _no_renderer_left() -> Iterator[None]:
    """The process that renders templates outlives its caller; tests that count processes come after others."""
    yield
    if (renderer := sys.modules.get("northstar.prompts.renderer")) is not None:
        renderer._renderer().end()


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def ns(data_dir: Path) -> Ns:
    """Run the command `ns` in a process of its own, with a data folder of its own."""

    def run(*words: object, timeout: float = 300, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "northstar", *map(str, words)],
            env={**os.environ, "NORTHSTAR_DATA_DIR": str(data_dir), **environment},
            capture_output=True,
            text=True,
            timeout=timeout,
        )

    return run
