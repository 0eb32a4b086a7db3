"""AIME 2025, I and II: 30 problems whose answers are whole numbers from 0 to 999."""

from __future__ import annotations

from northstar.core.records import Row
from northstar.data.source import HubFile, Line
from northstar.graders.math.answer import MathAnswer
from northstar.metrics.answers import AnswerMetrics
from northstar.solvers.single_turn import SingleTurn
from northstar.task.benchmark import Benchmark, Splits


def to_row(line: Line, place: int) -> Row:
    """Convert a record of math-ai/aime25: id, problem, answer. Raises ValueError for a missing answer."""
    if line["answer"] is None:
        raise ValueError("it has no answer")
    return {"id": str(line.get("id", place)), "problem": line["problem"], "expected_answer": str(line["answer"])}


ROWS = HubFile("math-ai/aime25", "test.jsonl", revision="563bb8404243c5f09de6ec262f2db674fe5bce9b", to_row=to_row)

BENCHMARK = Benchmark(
    name="aime25",
    about="30 problems of the American Invitational Mathematics Examination 2025",
    family="mathematics",
    licence="unknown",
    citation="Mathematical Association of America, American Invitational Mathematics Examination 2025",
    splits=Splits({"test": ROWS}, rows={"test": 30}),
    prompt="math",
    solver=SingleTurn(),
    typical_tokens=23000,
    grader=MathAnswer(),
    metrics=AnswerMetrics("symbolic_correct"),
)
