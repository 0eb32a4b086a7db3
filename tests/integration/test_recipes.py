"""A recipe from the command, or the function, to the verdict: a mock server whose answers are known."""

from __future__ import annotations

import asyncio
import json
import subprocess
from pathlib import Path

import pytest

import northstar
from northstar.api.running import Evaluation
from tests.conftest import Ns
from tests.mock_server import Behaviour, serving

RECIPE = """\
model: mock
runs:
  only:
    settings:
      inference: {temperature: 0.5, tokens_to_generate: 64}
    server: {type: vllm, gpus: 8}
    benchmarks:
      smoke:
        repeats: 2
        prompt: bare
        published:
          - {metric: symbolic_correct, value: 60, n: 24, k: 2, main: true}
"""


@pytest.fixture
def recipe(ns: Ns, tmp_path: Path) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text(RECIPE)
    assert ns("prepare_data", "smoke").returncode == 0
    return path


@pytest.mark.slow
def test_a_recipe_is_run_and_ends_in_its_verdicts_and_departures_are_kept(ns: Ns, recipe: Path, tmp_path: Path) -> None:
    async def evaluate() -> tuple[subprocess.CompletedProcess[str], list[dict[str, object]]]:
        async with serving(Behaviour(answer=lambda _message, _seed: "\\boxed{0}")) as server:
            words = (f"--recipe={recipe}", f"--output_dir={tmp_path}/out", f"--server_address={server.address}")
            done = await asyncio.to_thread(ns, "eval", *words, "++inference.temperature=0.7")
            return done, list(server.requests)

    done, requests = asyncio.run(evaluate())
    assert done.returncode == 0, done.stderr
    assert "departs from the recipe: ++inference.temperature=0.7, where the recipe has 0.5." in done.stderr
    assert f"against {recipe}:only, margin 1" in done.stdout
    assert "differs" in done.stdout.splitlines()[-2]
    assert {(request["temperature"], request["max_tokens"], request["model"]) for request in requests} == {
        (0.7, 64, "mock")
    }
    run = json.loads((tmp_path / "out/run.json").read_text())["runs"][-1]
    assert run["recipe"] == f"{recipe}:only"
    assert run["departures"] == ["++inference.temperature=0.7, where the recipe has 0.5."]


def test_a_function_runs_a_recipe_and_returns_its_verdicts(recipe: Path, data_dir: Path, tmp_path: Path) -> None:
    async def evaluate() -> Evaluation:
        async with serving(Behaviour(answer=lambda _message, _seed: "\\boxed{0}")) as server:
            return await asyncio.to_thread(
                northstar.evaluate,
                recipe=str(recipe),
                output_dir=tmp_path / "out",
                data_dir=data_dir,
                server_address=server.address,
                overrides={"inference": {"temperature": 0.7}},
                progress=False,
            )

    result = asyncio.run(evaluate())
    assert result.verdicts is not None
    assert [each.published.value for each in result.verdicts.values] == [60]
    assert "departs from the recipe: ++inference.temperature=0.7, where the recipe has 0.5." in result.counters.notices


def test_a_run_is_made_again_by_its_run_json(ns: Ns, recipe: Path, tmp_path: Path) -> None:
    async def twice() -> tuple[list[dict[str, object]], subprocess.CompletedProcess[str]]:
        async with serving(Behaviour(answer=lambda _message, _seed: "\\boxed{0}")) as server:
            words = (f"--recipe={recipe}", f"--output_dir={tmp_path}/out", f"--server_address={server.address}")
            first = await asyncio.to_thread(ns, "eval", *words, "++max_samples=3")
            assert first.returncode == 0, first.stderr
            again = (f"--recipe={tmp_path}/out/run.json", f"--output_dir={tmp_path}/again")
            return list(server.requests), await asyncio.to_thread(ns, "eval", *again)

    requests, done = asyncio.run(twice())
    assert done.returncode == 0, done.stderr
    assert "departs" not in done.stderr
    assert "run.json has no published values; ns compare BASE NEW compares two runs." in done.stderr
    old, new = (json.loads((tmp_path / f"{name}/run.json").read_text()) for name in ("out", "again"))
    assert new["results"] == old["results"]
    assert len(requests) == 6
