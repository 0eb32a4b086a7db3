"""The seeds of a long prompt share what the real vLLM has computed of it, though its cache holds few of the prompts."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Ns
from tests.integration.conftest import Prepare
from tests.integration.invented_benchmarks import file_of

pytestmark = [pytest.mark.real_vllm, pytest.mark.slow]

ROWS, SEEDS = 8, 4
BLOCK, BLOCKS = 32, 200
"""Tokens of a block of the cache, which must be a multiple of 32 on a CPU; it holds about three of the prompts."""
MOST = 1.3
"""Times the unique tokens that may be computed."""


@pytest.fixture
def address(vllm: Path, model: Path, tmp_path: Path) -> Iterator[str]:
    given = [f"--model={model}", "--server_type=vllm", "--server_gpus=0", f"--server_python={vllm}"]
    args = f"--enforce-eager --max-model-len 4096 --block-size {BLOCK} --num-gpu-blocks-override {BLOCKS}"
    given += [f"--server_args={args}", f"--log_dir={tmp_path}/logs"]
    with subprocess.Popen([sys.executable, "-m", "northstar", "server", *given], stdout=-1, text=True) as process:
        assert process.stdout is not None
        found = process.stdout.readline().strip()
        assert found
        yield found
        process.terminate()


def conversation(row: int) -> dict[str, Any]:
    """A record of MRCR with a prompt of about two thousand tokens."""
    poem = "".join(f"Line {line} of poem {row} is about tapirs. " for line in range(160))
    messages = [{"role": "user", "content": poem}, {"role": "user", "content": f"Prepend aYo{row} to it."}]
    found = {"prompt": json.dumps(messages), "answer": f"aYo{row}", "random_string_to_prepend": f"aYo{row}"}
    return {**found, "n_needles": 2, "desired_msg_index": 1, "total_messages": 2, "n_chars": len(poem)}


def counted(address: str) -> dict[str, float]:
    """Return the server's counters of prompt tokens: those that were looked up in the cache, and found there."""
    with urllib.request.urlopen(f"{address.removesuffix('/v1')}/metrics", timeout=60) as answer:
        text = answer.read().decode()
    found = re.findall(r"^vllm:prefix_cache_(queries|hits)_total\{[^}]*\} (\S+)$", text, re.MULTILINE)
    return {name: float(number) for name, number in found}


def test_each_prompt_is_computed_about_once_for_all_its_seeds(
    prepare: Prepare, ns: Ns, hub: Path, address: str, model: Path, tmp_path: Path
) -> None:
    (hub / "openai/mrcr").mkdir(parents=True)
    (hub / "openai/mrcr/2needle.parquet").write_bytes(file_of("x.parquet", [conversation(row) for row in range(ROWS)]))
    assert prepare("mrcr.2needle").returncode == 0
    before = counted(address)
    words = (f"--benchmarks=mrcr.2needle:{SEEDS}", f"--output_dir={tmp_path}/out", f"--model={model}")
    done = ns("eval", *words, f"--server_address={address}", "++inference.tokens_to_generate=4", timeout=900)
    assert done.returncode == 0, done.stderr
    asked, cached = (counted(address)[name] - before[name] for name in ("queries", "hits"))
    unique = asked / SEEDS
    assert unique > BLOCK * BLOCKS, "all prompts fit into the cache: nothing is shown"
    assert (asked - cached) / unique <= MOST
