"""24 problems that ship with Northstar, from one-digit sums to olympiad style, with answers of many kinds."""

from __future__ import annotations

from importlib import resources

from northstar.data.source import PackagedFile
from northstar.graders.math.answer import MathAnswer
from northstar.metrics.answers import AnswerMetrics
from northstar.solvers.single_turn import SingleTurn
from northstar.task.benchmark import Benchmark, Splits

BENCHMARK = Benchmark(
    name="smoke",
    about="24 problems with answers of many kinds; ships with Northstar",
    family="others",
    licence="Apache-2.0",
    citation="ships with Northstar",
    splits=Splits({"test": PackagedFile(resources.files(__package__).joinpath("rows.jsonl"))}, rows={"test": 24}),
    prompt="math-examples",
    solver=SingleTurn(),
    typical_tokens=500,
    grader=MathAnswer(),
    metrics=AnswerMetrics("symbolic_correct"),
    inference={"tokens_to_generate": 64},
)
