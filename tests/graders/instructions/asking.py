"""Asks the official verifiers in an environment of their own, as a run does."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from northstar.compute.pool import ComputePool, worker_elsewhere
from northstar.core.records import Generation, Grade, Row
from northstar.data.environment import environment_folder, python_of
from northstar.graders.instructions.grader import FollowsInstructions
from northstar.graders.instructions.verifiers import ENVIRONMENT, VERIFIERS
from northstar.task.grader import SolverContext

GRADER = FollowsInstructions("ifbench")


def grades(data: Path, answers: Sequence[tuple[Row, Generation]], grader: FollowsInstructions = GRADER) -> list[Grade]:
    """The grades of answers, in two processes that are closed as in a run."""

    async def main() -> list[Grade]:
        python = python_of(environment_folder(ENVIRONMENT, data))
        async with ComputePool(2, worker_elsewhere(python, VERIFIERS.file)) as pool:
            context = SolverContext(pool, helper=pool)
            return list(await asyncio.gather(*(grader(row, answer, context) for row, answer in answers)))

    return asyncio.run(main())


def one(data: Path, name: str, answer: str, **arguments: Any) -> dict[str, Any]:
    """The grade of an answer by one instruction."""
    row = {"id": "0", "problem": "Do it.", "instruction_id_list": [name], "kwargs": [arguments]}
    return dict(grades(data, [(row, Generation(generation=answer))])[0])
