"""2,000 judgements by a judge that allows 300 requests a minute (of 2 s, here) and fails in every other way too."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.conftest import Ns
from tests.mock_server import FAULTS, Behaviour, MockServer, RateLimit, serving
from tests.mock_server.behaviour import judgement

ROWS, SEEDS = 500, 4
MINUTE = 2.0
TROUBLES = {
    "500": 0.01,
    "502": 0.005,
    "truncated_json": 0.005,
    "html": 0.005,
    "closed": 0.01,
    "cut": 0.005,
    "hang": 0.003,
}


def write_generations(output: Path) -> None:
    """Finished generations of hle: sums, of which every other is right."""
    folder = output / "eval-results/hle"
    folder.mkdir(parents=True)
    for seed in range(SEEDS):
        lines = (
            {
                "id": f"q{row}",
                "problem": f"What is {row} + {seed}?",
                "expected_answer": str(row + seed),
                "category": "Math",
                "generation": f"It is \\boxed{{{row + seed + row % 2}}}.",
                "predicted_answer": str(row + seed + row % 2),
                "symbolic_correct": row % 2 == 0,
                "num_generated_tokens": 5,
            }
            for row in range(ROWS)
        )
        (folder / f"output-rs{seed}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))


async def judged(ns: Ns, output: Path, limit: RateLimit) -> tuple[CompletedProcess[str], MockServer, float]:
    """What `ns judge` says, the judge, and the seconds it took."""
    shares = {FAULTS[name]: share for name, share in TROUBLES.items()}
    behaviour = Behaviour(
        answer=judgement(),
        tokens=50,
        delay=0.05,
        limit=limit,
        shares=shares,
        models=("o3-mini-20250131",),
        record=False,
    )
    async with serving(behaviour) as server:
        words = ("judge", output, f"--judge_server_address={server.address}", "++request_timeout=2")
        began = time.monotonic()
        return await asyncio.to_thread(ns, *words), server, time.monotonic() - began


@pytest.mark.slow
@pytest.mark.parametrize(
    "limit",
    [
        RateLimit(300, MINUTE, headers=False),
        RateLimit(300, MINUTE, refill=True),
        RateLimit(10_000, MINUTE, tokens=300 * 375, refill=True),
    ],
    ids=["a window, with Retry-After", "refilled evenly, with headers", "tokens"],
)
def test_all_are_judged_and_few_requests_are_refused(ns: Ns, tmp_path: Path, limit: RateLimit) -> None:
    write_generations(tmp_path)
    done, judge, seconds = asyncio.run(judged(ns, tmp_path, limit))
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "eval-results/hle/metrics.json").read_text())["hle"]
    assert found["pass@1[avg-of-4]"]["judge_correct"] == 50.0
    assert "by the server's rate limit" in done.stderr

    (run,) = json.loads((tmp_path / "run.json").read_text())["runs"]
    counts = run["judges"]["o3-mini-20250131"]
    assert (counts["generated"], counts["left_open"]) == (ROWS * SEEDS, 0)
    first_minute_ends = judge.admissions[0][0] + MINUTE
    admitted = [admitted for at, admitted in judge.admissions if at > first_minute_ends]
    refused = sum(not admitted for _, admitted in judge.admissions)
    assert counts["rate_limited"] == refused
    assert admitted.count(False) <= 0.05 * len(admitted)
    later = f"{admitted.count(False)} of {len(admitted)} after the first minute"
    print(f"{seconds:.1f} s; {refused} of {len(judge.admissions)} refused, {later}")
