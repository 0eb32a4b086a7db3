"""GSM8K: grade-school word problems whose answers are numbers (Cobbe et al. 2021, arXiv 2110.14168)."""

from __future__ import annotations

import re

from northstar.core.records import Row
from northstar.data.source import HubFile, Line
from northstar.graders.math.answer import MathAnswer
from northstar.metrics.answers import AnswerMetrics
from northstar.solvers.single_turn import SingleTurn
from northstar.task.benchmark import Benchmark, Splits


def to_row(line: Line, place: int) -> Row:
    """Convert a record of openai/gsm8k: question, answer (the solution, then '#### ' and the number).

    The solution loses the marks of its authors' calculator (<<2+3=5>>), the number its commas. Raises ValueError for an
    answer without a number.
    """
    solution, mark, number = line["answer"].rpartition("####")
    number = number.replace(",", "").strip()
    if not mark or re.fullmatch(r"-?\d+(\.\d+)?", number) is None:
        raise ValueError("its answer has no number after ####")
    return {
        "id": str(place),
        "problem": line["question"],
        "expected_answer": number,
        "reference_solution": re.sub(r"<<.*?>>", "", solution).strip(),
    }


ROWS = HubFile(
    "openai/gsm8k",
    "main/test-00000-of-00001.parquet",
    revision="740312add88f781978c0658806c59bc2815b9866",
    sha256="ee7b8da9e381df27b9e3f7758a159ab2bdaa4dbaa910546cbbc47e0cb44e4f59",
    to_row=to_row,
)

BENCHMARK = Benchmark(
    name="gsm8k",
    about="1,319 word problems of grade-school mathematics",
    family="mathematics",
    licence="MIT",
    citation="Cobbe et al. 2021, Training Verifiers to Solve Math Word Problems, arXiv 2110.14168",
    splits=Splits({"test": ROWS}, rows={"test": 1319}),
    prompt="math",
    solver=SingleTurn(),
    grader=MathAnswer(),
    metrics=AnswerMetrics("symbolic_correct"),
)
