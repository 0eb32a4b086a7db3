"""HumanEval: testing its 164 canonical solutions on two cores, once the sandbox has started.

python -m bench.functions
"""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import time
from pathlib import Path
from typing import Any, cast

from bench.measure import ROOT
from northstar.benchmarks.programs.human_eval import to_row
from northstar.core.records import Generation
from northstar.data.attachments import Attachments
from northstar.graders.functions.grader import FunctionTests
from northstar.sandbox.sandbox import Sandbox
from northstar.sandbox.tiers import choose
from northstar.task.grader import Compute, SolverContext

GOAL, WORKERS = 6.0, 2


class Kept:
    """Stands for the attachments: a row's further inputs lie in the row."""

    def read(self, reference: Any) -> bytes:
        return json.dumps(reference).encode()


def main() -> None:
    folder = Path(os.environ.get("NORTHSTAR_TEST_DATA") or ROOT.parent / "shared" / "data") / "human-eval"
    lines = gzip.decompress((folder / "HumanEval.jsonl.gz").read_bytes()).splitlines()
    answers = [_answer(json.loads(line)) for line in lines]
    seconds, passed = asyncio.run(_tested(answers))
    print(f"{passed} of {len(answers)} canonical solutions passed, in {seconds:.2f} s (goal: {GOAL:g} s)")


def _answer(line: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """Return a row, without further inputs, and the answer with the canonical solution."""
    reference = line["prompt"] + line["canonical_solution"]
    plus = {"set": "humaneval", "shape": "", "tolerance": 0, "reference": reference, "inputs": []}
    return {**to_row(line, 0), "plus": plus}, f"```python\n{reference}\n```"


async def _tested(answers: list[tuple[dict[str, Any], str]]) -> tuple[float, int]:
    """Return the seconds from when the fork servers are ready, and how many passed."""
    tier, grader = await choose("auto"), FunctionTests()
    async with Sandbox(tier.name, WORKERS, tier.interpreter) as sandbox:
        parts = SolverContext(cast(Compute, None), sandbox=sandbox, attachments=cast(Attachments, Kept()))
        await asyncio.gather(*(grader(row, Generation(generation=text), parts) for row, text in answers[:WORKERS]))
        begun = time.perf_counter()
        grades = await asyncio.gather(*(grader(row, Generation(generation=text), parts) for row, text in answers))
        return time.perf_counter() - begun, sum(grade["passing_plus_tests"] for grade in grades)


if __name__ == "__main__":
    main()
