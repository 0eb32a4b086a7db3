"""Neutral sampling reaches the real vLLM, with a model whose own file penalizes repetition."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Ns

pytestmark = [pytest.mark.real_vllm, pytest.mark.slow]


def last_run(output: Path) -> dict[str, Any]:
    run: dict[str, Any] = json.loads((output / "run.json").read_text())["runs"][-1]
    return run


@pytest.fixture
def penalizing(model: Path, tmp_path: Path) -> Path:
    """A model's folder whose generation_config sets a repetition penalty."""
    folder = tmp_path / "penalizing"
    shutil.copytree(model, folder, copy_function=lambda source, target: Path(target).symlink_to(source))
    config = folder / "generation_config.json"
    content = json.loads(config.read_text())
    config.unlink()
    config.write_text(json.dumps({**content, "repetition_penalty": 1.3}))
    return folder


@pytest.mark.parametrize(("neutral", "arrives"), [(None, "1.0"), (False, "1.3")])
def test_vllm_samples_by_the_models_own_file_only_without_neutral_sampling(
    ns: Ns, vllm: Path, penalizing: Path, tmp_path: Path, neutral: bool | None, arrives: str
) -> None:
    output = tmp_path / "out"
    words = ("--benchmarks=smoke", f"--model={penalizing}", "--server_type=vllm", "--server_gpus=0")
    args = "--server_args=--enforce-eager --enable-log-requests"
    asked = [] if neutral is None else [f"++inference.neutral={neutral}"]
    given = ("eval", *words, args, f"--server_python={vllm}", f"--output_dir={output}", "++max_samples=2", *asked)
    done = ns(*given, timeout=600)
    assert done.returncode == 0, done.stderr
    server = last_run(output)["server"]
    log = Path(server["logs"][0]).read_text(errors="replace")
    assert set(re.findall(r"repetition_penalty=([0-9.]+)", log)) == {arrives}
    noted = server["sampling"]["smoke"]
    if neutral is None:
        assert noted["neutral"]["repetition_penalty"] == 1.0
        assert noted["not_sent"] == [
            "generation_config asks for repetition_penalty 1.3; not sent; ++inference.neutral=False uses it"
        ]
    else:
        assert noted["model"] == {"repetition_penalty": 1.3}
