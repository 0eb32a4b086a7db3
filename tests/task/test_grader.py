"""A grader finds the functions of its benchmark, whatever that is called."""

from __future__ import annotations

from typing import Any

import pytest

from northstar.task.grader import SolverContext


class Elsewhere:
    async def call(self, function: str, *arguments: Any, timeout: float) -> Any:
        raise AssertionError(f"{function}{arguments} was not to be called within {timeout} s")


MINE, OTHER = Elsewhere(), Elsewhere()
CONTEXT = SolverContext(compute=Elsewhere(), helpers={"mine": MINE, "other": OTHER})


@pytest.mark.parametrize(
    ("benchmark", "helper"),
    [("mine", MINE), ("other", OTHER), ("mine.simple", MINE), ("mine.dev.simple", MINE), ("aime24", None)],
)
def test_the_functions_are_those_of_the_benchmark_at_hand(benchmark: str, helper: Elsewhere | None) -> None:
    assert CONTEXT.of(benchmark).helper is helper
