"""MMLU: questions of 57 subjects with four options (Hendrycks et al. 2021, arXiv 2009.03300)."""

from __future__ import annotations

from northstar.core.records import Row
from northstar.data.source import HubFile, Line
from northstar.graders.multiple_choice import MultipleChoice
from northstar.metrics.answers import AnswerMetrics
from northstar.solvers.single_turn import SingleTurn
from northstar.task.benchmark import Benchmark, Splits


def to_row(line: Line, place: int) -> Row:
    """Convert a record of cais/mmlu: question, subject, choices (four), answer (0 to 3). Raises ValueError."""
    choices = line["choices"]
    if len(choices) != 4 or line["answer"] not in range(4):
        raise ValueError(f"it has {len(choices)} choices and the answer {line['answer']!r}")
    return {
        "id": str(place),
        "problem": line["question"],
        "options": dict(zip("ABCD", choices, strict=True)),
        "expected_answer": "ABCD"[line["answer"]],
        "subject": line["subject"],
    }


ROWS = HubFile(
    "cais/mmlu",
    "all/test-00000-of-00001.parquet",
    revision="c30699e8356da336a370243923dbaf21066bb9fe",
    to_row=to_row,
)

BENCHMARK = Benchmark(
    name="mmlu",
    about="14,042 questions of 57 subjects, 4 choices each",
    family="choices",
    licence="MIT",
    citation="Hendrycks et al. 2021, Measuring Massive Multitask Language Understanding, arXiv 2009.03300",
    splits=Splits({"test": ROWS}, rows={"test": 14042}),
    prompt="multiple-choice",
    needs=("problem", "options", "expected_answer"),
    solver=SingleTurn(),
    grader=MultipleChoice(),
    metrics=AnswerMetrics("symbolic_correct", subset="subject"),
)
