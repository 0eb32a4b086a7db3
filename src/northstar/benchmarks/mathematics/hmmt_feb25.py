"""HMMT February 2025: 30 problems of the Harvard-MIT Mathematics Tournament, as MathArena publishes them."""

from __future__ import annotations

from northstar.benchmarks.matharena import CITATION, LICENCE, competition
from northstar.graders.math.answer import MathAnswer
from northstar.metrics.answers import AnswerMetrics
from northstar.solvers.single_turn import SingleTurn
from northstar.task.benchmark import Benchmark, Splits

ROWS = competition("hmmt_feb_2025", revision="6fdc4277120810ff75aa22d2d5489b91f7a262a1")

BENCHMARK = Benchmark(
    name="hmmt_feb25",
    about="30 problems of the Harvard-MIT Mathematics Tournament, February 2025",
    family="mathematics",
    licence=LICENCE,
    citation=CITATION,
    splits=Splits({"test": ROWS}, rows={"test": 30}),
    prompt="math",
    solver=SingleTurn(),
    grader=MathAnswer(),
    metrics=AnswerMetrics("symbolic_correct"),
)
