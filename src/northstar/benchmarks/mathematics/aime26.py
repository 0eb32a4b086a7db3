"""AIME 2026, I and II: 30 problems whose answers are whole numbers from 0 to 999, as MathArena publishes them."""

from __future__ import annotations

from northstar.benchmarks.matharena import CITATION, LICENCE, competition
from northstar.graders.math.answer import MathAnswer
from northstar.metrics.answers import AnswerMetrics
from northstar.solvers.single_turn import SingleTurn
from northstar.task.benchmark import Benchmark, Splits

ROWS = competition("aime_2026", revision="10b4e45b7a503075d4da8a0d57916a4f06ce6bd2")

BENCHMARK = Benchmark(
    name="aime26",
    about="30 problems of the American Invitational Mathematics Examination 2026",
    family="mathematics",
    licence=LICENCE,
    citation=CITATION,
    splits=Splits({"test": ROWS}, rows={"test": 30}),
    prompt="math",
    solver=SingleTurn(),
    grader=MathAnswer(),
    metrics=AnswerMetrics("symbolic_correct"),
)
