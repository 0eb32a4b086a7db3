"""MATH: the 5,000 competition problems of its test set (Hendrycks et al. 2021, arXiv 2103.03874)."""

from __future__ import annotations

from functools import partial

from northstar.core.records import Row
from northstar.data.source import HubFile, HubFiles, Line
from northstar.graders.extract import extract_boxed
from northstar.graders.math.answer import MathAnswer
from northstar.metrics.answers import AnswerMetrics
from northstar.solvers.single_turn import SingleTurn
from northstar.task.benchmark import Benchmark, Splits

SUBJECTS = (
    "algebra",
    "counting_and_probability",
    "geometry",
    "intermediate_algebra",
    "number_theory",
    "prealgebra",
    "precalculus",
)


def to_row(line: Line, place: int, *, subject: str) -> Row:
    """Convert a record of EleutherAI/hendrycks_math: problem, level ('Level 5'), type, solution with its last box.

    Raises ValueError for a solution without a box.
    """
    answer = extract_boxed(line["solution"])
    if answer is None:
        raise ValueError("its solution has no boxed answer")
    return {
        "id": f"{subject}/{place}",
        "problem": line["problem"],
        "expected_answer": answer,
        "subject": line["type"],
        "level": line["level"],
        "reference_solution": line["solution"],
    }


ROWS = HubFiles(
    tuple(
        HubFile(
            "EleutherAI/hendrycks_math",
            f"{subject}/test-00000-of-00001.parquet",
            revision="21a5633873b6a120296cce3e2df9d5550074f4a3",
            to_row=partial(to_row, subject=subject),
        )
        for subject in SUBJECTS
    )
)

BENCHMARK = Benchmark(
    name="math",
    about="the 5,000 competition problems of the MATH test set, of 7 subjects",
    family="mathematics",
    licence="MIT",
    citation="Hendrycks et al. 2021, Measuring Mathematical Problem Solving With the MATH Dataset, arXiv 2103.03874",
    splits=Splits({"test": ROWS}, rows={"test": 5000}),
    prompt="math",
    solver=SingleTurn(),
    grader=MathAnswer(),
    metrics=AnswerMetrics("symbolic_correct", subset="subject"),
)
