"""IFBench: verifying 294 answers in two processes, once they have started.

python -m bench.instructions [DATA]; DATA: a data folder with the verifiers' environment, else it is made for the bench.
The answers are the 147 real ones of shared/data/ifbench, each twice.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.measure import ROOT
from northstar.compute.pool import ComputePool, worker_elsewhere
from northstar.core.records import Generation
from northstar.data.environment import make_environment, python_of
from northstar.graders.instructions.grader import FollowsInstructions
from northstar.graders.instructions.rows import instructed
from northstar.graders.instructions.verifiers import ENVIRONMENT, VERIFIERS
from northstar.task.grader import SolverContext

GOAL, WORKERS = 3.0, 2


def main() -> None:
    folder = Path(os.environ.get("NORTHSTAR_TEST_DATA") or ROOT.parent / "shared" / "data") / "ifbench"
    rows = {row["problem"]: row for row in map(instructed, _lines(folder / "test_294.jsonl"), range(294))}
    answers = [(rows[each["prompt"]], each["response"]) for each in _lines(folder / "sample_output.jsonl")] * 2
    with tempfile.TemporaryDirectory(dir=os.environ.get("NORTHSTAR_BENCH_DIR")) as own:
        data = Path(sys.argv[1]).absolute() if len(sys.argv) > 1 else Path(own)
        seconds = asyncio.run(_verified(answers, python_of(make_environment(ENVIRONMENT, data))))
    print(f"{len(answers)} answers verified in {seconds:.2f} s in {WORKERS} processes (goal: {GOAL:g} s)")


def _lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


async def _verified(answers: list[tuple[dict[str, Any], str]], python: Path) -> float:
    """Return the seconds from when both processes are ready."""
    grader = FollowsInstructions("ifbench")
    async with ComputePool(WORKERS, worker_elsewhere(python, VERIFIERS.file)) as pool:
        parts = SolverContext(pool, helper=pool)
        await asyncio.gather(*(grader(row, Generation(generation=text), parts) for row, text in answers[:WORKERS]))
        begun = time.perf_counter()
        await asyncio.gather(*(grader(row, Generation(generation=text), parts) for row, text in answers))
        return time.perf_counter() - begun


if __name__ == "__main__":
    main()
