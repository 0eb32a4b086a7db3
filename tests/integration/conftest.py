"""A mock model server and a small hub, in processes of their own as real ones are."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from northstar.sandbox.program import Limits, Outcome, Program
from northstar.sandbox.sandbox import Sandbox
from northstar.sandbox.tiers import TIERS, Tier, choose
from tests.conftest import Ns
from tests.integration.started_servers import MARK
from tests.integration.walled import SMALL, Run
from tests.real_vllm import NoVllm, find_interpreter, model_folder

ROOT = Path(__file__).parents[2]
Prepare = Callable[..., "subprocess.CompletedProcess[str]"]
AIME25 = [{"id": n, "problem": f"What is {n} + 1?", "answer": str(n + 1)} for n in range(5)]


@pytest.fixture(scope="session")
def vllm() -> Path:
    """The interpreter of vLLM's environment."""
    os.environ.setdefault("VLLM_CPU_KVCACHE_SPACE", "1")  # GiB: other tests need memory at the same time
    try:
        return find_interpreter()
    except NoVllm as reason:
        pytest.skip(f"THE REAL VLLM WAS NOT TESTED: {reason}")


@pytest.fixture(scope="session")
def model(vllm: Path) -> Path:
    try:
        return model_folder(vllm)
    except NoVllm as reason:
        pytest.skip(f"THE REAL VLLM WAS NOT TESTED: {reason}")


@pytest.fixture
def from_the_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers that `ns` starts are found there, and told from those of other tests by a mark."""
    monkeypatch.chdir(ROOT)  # where `python -m tests.mock_server` is found
    monkeypatch.setenv(MARK, str(os.getpid()))


@pytest.fixture
def start_mock() -> Iterator[Callable[..., str]]:
    """Start a mock server with the given options; returns its address."""
    started: list[subprocess.Popen[str]] = []

    def start(*options: object) -> str:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.mock_server", "--tokens=20", *map(str, options)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stdout is not None
        return process.stdout.readline().strip()

    yield start
    for process in started:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    """The hub's folder; it holds math-ai/aime25 with five invented rows."""
    folder = tmp_path / "hub" / "math-ai" / "aime25"
    folder.mkdir(parents=True)
    (folder / "test.jsonl").write_text("".join(json.dumps(row) + "\n" for row in AIME25))
    return tmp_path / "hub"


@pytest.fixture
def hub_environment(hub: Path, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment in which `ns` asks the hub, with a cache of its own."""
    words = [sys.executable, "-m", "tests.integration.local_hub", str(hub)]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        endpoint = server.stdout.readline().strip()
        yield {"HF_ENDPOINT": endpoint, "HF_HOME": str(tmp_path / "hf"), "HF_HUB_DISABLE_XET": "1"}
        server.kill()


@pytest.fixture
def prepare(ns: Ns, hub_environment: dict[str, str]) -> Prepare:
    """Run `ns prepare_data` against the hub."""

    def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return ns("prepare_data", *words, **hub_environment | environment)

    return run


@pytest.fixture(scope="module", params=TIERS)
def tier(request: pytest.FixtureRequest) -> Tier:
    """Each tier. One that is there and does not contain a program is an error."""
    if request.param == "bubblewrap" and shutil.which("bwrap") is None:
        pytest.skip("THERE IS NO BUBBLEWRAP: nothing is known of the stronger sandbox. Install it to test that, too")
    return asyncio.run(choose(request.param))


@pytest.fixture
def run(tier: Tier) -> Run:
    """Run a program, then an honest one in the same place, which must not notice."""

    def run(code: str, stdin: bytes = b"", limits: Limits = SMALL) -> Outcome:
        async def both() -> tuple[Outcome, Outcome]:
            async with Sandbox(tier.name, 1, tier.interpreter) as sandbox:
                attack = await sandbox.run(Program(code=code), stdin, limits)
                return attack, await sandbox.run(
                    Program(code="import os; print(input(), os.listdir())"), b"honest", SMALL
                )

        attack, honest = asyncio.run(both())
        assert (honest.status, honest.output) == ("ok", b"honest []\n"), honest.error
        return attack

    return run
