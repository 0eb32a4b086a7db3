"""Multiple choice from a prepared file to the table: real rows of MMLU-Pro; the server knows every other one."""

from __future__ import annotations

import asyncio
import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from pyarrow import parquet

from tests.conftest import Ns
from tests.integration.conftest import Prepare
from tests.mock_server import Behaviour, serving

ROWS = 400
FORMS = ["So the answer is clear.\n\nAnswer: {}", "It is \\boxed{{\\text{{({})}}}}", "**Answer:** ({}) as I said"]


def asked(row: dict[str, Any]) -> str:
    """What follows the instruction in the prompt; some questions appear twice, with other options."""
    options = [f"{letter}) {text.strip()}" for letter, text in zip("ABCDEFGHIJ", row["options"], strict=False)]
    return "\n".join([row["question"].strip(), "", *options])


@pytest.mark.shared_data
@pytest.mark.slow
def test_mmlu_pro_is_graded_by_the_letter(
    prepare: Prepare, ns: Ns, hub: Path, shared_data: Path, tmp_path: Path
) -> None:
    with gzip.open(shared_data / "mmlu-pro/test.jsonl.gz") as lines:
        rows: list[dict[str, Any]] = [json.loads(line) for line, _ in zip(lines, range(ROWS), strict=False)]
    folder = hub / "TIGER-Lab/MMLU-Pro/data"
    folder.mkdir(parents=True)
    parquet.write_table(pyarrow.Table.from_pylist(rows), folder / "test-00000-of-00001.parquet")
    assert prepare("mmlu-pro").returncode == 0
    known = {asked(row): (place, row["answer"]) for place, row in enumerate(rows)}

    def answer(message: str, seed: int | None) -> str:
        place, letter = known[message.partition("\n\n")[2]]
        return FORMS[place % 3].format(letter) if place % 2 else "The answer is a bit involved."

    async def evaluate() -> None:
        async with serving(Behaviour(answer=answer)) as server:
            words = ("--benchmarks=mmlu-pro:2", f"--output_dir={tmp_path}/out", f"--server_address={server.address}")
            done = await asyncio.to_thread(ns, "eval", *words, "--model=mock")
            assert done.returncode == 0, done.stderr

    asyncio.run(evaluate())
    found = json.loads((tmp_path / "out/eval-results/mmlu-pro/metrics.json").read_text())["mmlu-pro"]
    for mode in ("pass@1[avg-of-2]", "majority@2", "pass@2"):
        assert (found[mode]["num_entries"], found[mode]["symbolic_correct"], found[mode]["no_answer"]) == (ROWS, 50, 50)
