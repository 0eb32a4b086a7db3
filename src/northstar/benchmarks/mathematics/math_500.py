"""MATH-500: 500 problems of the MATH test set (Hendrycks et al. 2021), chosen by Lightman et al. 2023."""

from __future__ import annotations

from northstar.core.records import Row
from northstar.data.source import HubFile, Line
from northstar.graders.math.answer import MathAnswer
from northstar.metrics.answers import AnswerMetrics
from northstar.solvers.single_turn import SingleTurn
from northstar.task.benchmark import Benchmark, Splits


def to_row(line: Line, place: int) -> Row:
    """Convert a record of HuggingFaceH4/MATH-500: problem, solution, answer, subject, level, unique_id."""
    return {
        "id": line.get("unique_id", place),
        "problem": line["problem"],
        "expected_answer": line["answer"],
        "subject": line.get("subject"),
        "level": line.get("level"),
        "reference_solution": line.get("solution"),
    }


ROWS = HubFile(
    "HuggingFaceH4/MATH-500",
    "test.jsonl",
    revision="6e4ed1a2a79af7d8630a6b768ec859cb5af4d3be",
    sha256="35dc41080a3680858b27fa7e0533d2d547825316fc5dafe5d316f4ccc5a06132",
    to_row=to_row,
)

BENCHMARK = Benchmark(
    name="math-500",
    about="500 competition problems of the MATH test set",
    family="mathematics",
    licence="MIT",
    citation="Hendrycks et al. 2021, Measuring Mathematical Problem Solving With the MATH Dataset, arXiv 2103.03874; "
    "Lightman et al. 2023, Let's Verify Step by Step, arXiv 2305.20050",
    splits=Splits({"test": ROWS}, rows={"test": 500}),
    prompt="math",
    solver=SingleTurn(),
    typical_tokens=6000,
    grader=MathAnswer(),
    metrics=AnswerMetrics("symbolic_correct"),
)
