"""AIME 2024, I and II: 30 problems whose answers are whole numbers from 0 to 999."""

from __future__ import annotations

from northstar.core.records import Row
from northstar.data.source import HubFile, Line
from northstar.graders.math.answer import MathAnswer
from northstar.metrics.answers import AnswerMetrics
from northstar.solvers.single_turn import SingleTurn
from northstar.task.benchmark import Benchmark, Splits


def to_row(line: Line, place: int) -> Row:
    """Convert a record of HuggingFaceH4/aime_2024: id, problem, solution, answer (with leading zeros), url, year."""
    return {
        "id": str(line.get("id", place)),
        "problem": line["problem"],
        "expected_answer": str(int(line["answer"])),
        "url": line.get("url"),
    }


ROWS = HubFile(
    "HuggingFaceH4/aime_2024",
    "data/train-00000-of-00001.parquet",
    revision="e6cf0cd64082ada1c025717826bd40e155b1ec81",
    to_row=to_row,
)

BENCHMARK = Benchmark(
    name="aime24",
    about="30 problems of the American Invitational Mathematics Examination 2024",
    family="mathematics",
    licence="unknown",
    citation="Mathematical Association of America, American Invitational Mathematics Examination 2024",
    splits=Splits({"test": ROWS}, rows={"test": 30}),
    prompt="math",
    solver=SingleTurn(),
    typical_tokens=20000,
    grader=MathAnswer(),
    metrics=AnswerMetrics("symbolic_correct"),
)
