"""Neutral sampling reaches servers at an address that tell their kind, and the real vLLM."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

import northstar
from northstar.core.errors import NorthstarError
from tests.conftest import Ns
from tests.mock_server import Behaviour, serving

pytestmark = pytest.mark.slow


def last_run(output: Path) -> dict[str, Any]:
    run: dict[str, Any] = json.loads((output / "run.json").read_text())["runs"][-1]
    return run


def asked(
    output: Path, owner: str, *overrides: str, seeds: int = 1, behaviour: Behaviour | None = None
) -> list[dict[str, Any]]:
    """The requests that a server at an address gets, whose list of models names this owner."""

    async def run() -> list[dict[str, Any]]:
        async with serving(behaviour or Behaviour(tokens=5, listed={"owned_by": owner})) as server:
            await asyncio.to_thread(
                northstar.evaluate,
                f"smoke:{seeds}",
                output_dir=output,
                model="mock",
                server_address=server.address,
                overrides=["++max_samples=2", *overrides],
                progress=False,
            )
            return server.requests

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("owner", "sent"),
    [
        ("vllm", {"top_k": -1, "min_p": 0.0, "repetition_penalty": 1.0}),
        ("llamacpp", {"top_k": 0, "min_p": 0.0, "repeat_penalty": 1.0}),
        ("openai", {}),
    ],
)
def test_at_an_address_the_kind_is_what_the_list_of_models_tells(
    tmp_path: Path, owner: str, sent: dict[str, Any]
) -> None:
    requests = asked(tmp_path / "out", owner)
    names = ("top_k", "min_p", "repetition_penalty", "repeat_penalty")
    assert [{name: body[name] for name in names if name in body} for body in requests] == [sent, sent]
    run = last_run(tmp_path / "out")["server"]
    assert run["neutral"] is bool(sent)
    assert run["sampling"]["smoke"].get("neutral", {}).items() >= sent.items()


def test_answers_that_were_asked_otherwise_are_not_mixed_in(tmp_path: Path) -> None:
    asked(tmp_path / "out", "vllm", "++inference.neutral=False")
    with pytest.raises(NorthstarError) as refused:
        asked(tmp_path / "out", "vllm", seeds=2)
    assert (
        "inference.neutral: not set there, true now\nTo go on asking as there, add ++inference.neutral=False."
        in str(refused.value)
    )
    on = asked(tmp_path / "out", "vllm", "++inference.neutral=False", seeds=2)
    assert [(body["seed"], "top_k" in body) for body in on] == [(1, False), (1, False)]


def test_what_the_server_told_holds_for_the_next_run(tmp_path: Path) -> None:
    asked(tmp_path / "out", "vllm")
    assert len(asked(tmp_path / "out", "vllm", seeds=2)) == 2
    stored = json.loads((tmp_path / "out/run.json").read_text())["results"]["smoke.seeds"]
    assert stored["inference.neutral"] is True


def test_a_server_that_refuses_such_values_is_asked_without_them_by_one_setting(tmp_path: Path) -> None:
    """As a strict proxy before a vLLM may do."""
    strict = Behaviour(tokens=5, listed={"owned_by": "vllm"}, strict=("min_p",))
    with pytest.raises(NorthstarError, match=r"min_p.*say \+\+inference\.neutral=False, which sends no sampling value"):
        asked(tmp_path / "out", "vllm", behaviour=strict)
    assert len(asked(tmp_path / "out", "vllm", "++inference.neutral=False", behaviour=strict)) == 2


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


@pytest.mark.real_vllm
@pytest.mark.parametrize(("neutral", "arrives"), [(None, "1.0"), (False, "1.3")])
def test_vllm_samples_by_the_models_own_file_only_without_neutral_sampling(
    ns: Ns, vllm: Path, penalizing: Path, tmp_path: Path, neutral: bool | None, arrives: str
) -> None:
    output = tmp_path / "out"
    words = ("--benchmarks=smoke", f"--model={penalizing}", "--server_type=vllm", "--server_gpus=0")
    args = "--server_args=--enforce-eager --enable-log-requests"
    setting = [] if neutral is None else [f"++inference.neutral={neutral}"]
    given = ("eval", *words, args, f"--server_python={vllm}", f"--output_dir={output}", "++max_samples=2", *setting)
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
