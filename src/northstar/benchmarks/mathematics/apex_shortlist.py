"""Apex Shortlist: hard problems of competitions of 2025, chosen by MathArena."""

from __future__ import annotations

from northstar.benchmarks.matharena import CITATION, LICENCE, competition
from northstar.graders.math.answer import MathAnswer
from northstar.metrics.answers import AnswerMetrics
from northstar.solvers.single_turn import SingleTurn
from northstar.task.benchmark import Benchmark, Splits

ROWS = competition(
    "apex-shortlist",
    revision="f3efdf224ef665f129ddaae37699f6098c65781b",
    sha256="12f2300323d4d0cbd51b4c7528ae45b626e1681b0103c3df94d5488324c44acc",
)

BENCHMARK = Benchmark(
    name="apex-shortlist",
    about="47 hard problems of mathematical competitions of 2025, chosen by MathArena",
    family="mathematics",
    licence=LICENCE,
    citation=CITATION,
    splits=Splits({"test": ROWS}, rows={"test": 47}),
    prompt="math",
    solver=SingleTurn(),
    grader=MathAnswer(),
    metrics=AnswerMetrics("symbolic_correct"),
)
