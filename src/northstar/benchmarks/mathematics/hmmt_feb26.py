"""HMMT February 2026: 33 problems of the Harvard-MIT Mathematics Tournament, as MathArena publishes them."""

from __future__ import annotations

from northstar.benchmarks.matharena import CITATION, LICENCE, competition
from northstar.graders.math.answer import MathAnswer
from northstar.metrics.answers import AnswerMetrics
from northstar.solvers.single_turn import SingleTurn
from northstar.task.benchmark import Benchmark, Splits

ROWS = competition(
    "hmmt_feb_2026",
    revision="02fba4f74d8e68e73e66a02d540fd979c05c274c",
    sha256="e5fcff6b1c2262841c0c37bf6d7b42529f284528d5f0d5c45c52e8bf0654a916",
)

BENCHMARK = Benchmark(
    name="hmmt_feb26",
    about="33 problems of the Harvard-MIT Mathematics Tournament, February 2026",
    family="mathematics",
    licence=LICENCE,
    citation=CITATION,
    splits=Splits({"test": ROWS}, rows={"test": 33}),
    prompt="math",
    solver=SingleTurn(),
    grader=MathAnswer(),
    metrics=AnswerMetrics("symbolic_correct"),
)
