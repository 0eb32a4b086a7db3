"""A recipe from the command to the verdict: a mock server whose answers are known."""

from __future__ import annotations

import asyncio
import json
import subprocess
from pathlib import Path

import pytest

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


@pytest.mark.slow
def test_a_recipe_is_run_and_ends_in_its_verdicts_and_departures_are_kept(ns: Ns, tmp_path: Path) -> None:
    recipe = tmp_path / "mine.yaml"
    recipe.write_text(RECIPE)
    assert ns("prepare_data", "smoke").returncode == 0

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
