"""AIME 2024, I and II: 30 problems whose answers are whole numbers from 0 to 999."""

from __future__ import annotations

from northstar.benchmarks.benchmark import Benchmark
from northstar.data.source import HubFile, Line
from northstar.graders.extract import extract_boxed
from northstar.graders.math_answer import MathAnswer
from northstar.metrics.answers import AnswerMetrics
from northstar.records import Row
from northstar.solvers.single_turn import SingleTurn


def to_row(line: Line, place: int) -> Row:
    r"""A record of math-ai/aime24: id, problem, solution (which is \boxed{answer}), url."""
    answer = line["answer"] if "answer" in line else extract_boxed(line["solution"])
    if answer is None:
        raise ValueError("its solution holds no answer")
    return {"id": str(line.get("id", place)), "problem": line["problem"], "expected_answer": str(answer)}


# No commit of this repository was found in public material: the first preparation resolves main, and the manifest
# pins what it found; a later one that finds another file is refused.
BENCHMARK = Benchmark(
    name="aime24",
    about="30 problems of the American Invitational Mathematics Examination 2024",
    splits={"test": HubFile("math-ai/aime24", "test.jsonl", revision="main", to_row=to_row)},
    prompt="math",
    solver=SingleTurn(),
    grader=MathAnswer(),
    metrics=AnswerMetrics("symbolic_correct"),
)
