"""`ns generate` on a real Slurm: a job a seed, paths of the container, and the rows in their order."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.cluster.lab import Lab, answered

pytestmark = [pytest.mark.real_slurm, pytest.mark.slow]


def test_rows_of_ones_own_are_asked_in_jobs(lab: Lab, start_mock: Callable[..., str], log: Path) -> None:
    rows = [{"id": f"r{n}", "question": f"{n} + 1"} for n in range(12)]
    (lab.host / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (lab.host / "p.yaml").write_text("user: 'What is {question}?'\n")
    words = ["--input_file=/workspace/rows.jsonl", "--output_dir=/workspace/out", "--model=mock"]
    words += [f"--server_address={start_mock('--log', log)}", "++prompt_config=/workspace/p.yaml"]
    said = lab.ns("generate", *words, "--num_random_seeds=2", "--num_jobs=-1")
    jobs = {name: number for number, name in re.findall(r"^ +(\d+)  ([\w-]+)", said, re.MULTILINE)}
    assert list(jobs) == ["generate-rs0", "generate-rs1", "summary"]
    lab.slurm.wait(*jobs.values())
    for seed in (0, 1):
        found = [json.loads(line) for line in (lab.host / f"out/output-rs{seed}.jsonl").read_text().splitlines()]
        assert [each["id"] for each in found] == [f"r{n}" for n in range(12)]
    assert len(answered(log)) == len(set(answered(log))) == 24
    assert "output-rs1 | 12" in lab.ns("logs", "/workspace/out", "summary")
    assert {shard["state"] for shard in lab.status().values()} == {"done"}
