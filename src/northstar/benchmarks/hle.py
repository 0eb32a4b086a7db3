"""Humanity's Last Exam: 2,500 questions at the frontier of expert knowledge (Phan et al. 2025, arXiv 2501.14249).

Its authors ask not to publish examples: no message and no test contains one.
"""

from __future__ import annotations

from collections.abc import Callable

from northstar.core.records import Row
from northstar.data.source import HubFile, Line
from northstar.graders.short_answer import ShortAnswer
from northstar.metrics.answers import AnswerMetrics
from northstar.solvers.single_turn import SingleTurn
from northstar.task.benchmark import Benchmark, Judge, Splits

CATEGORIES = {
    "math": "Math",
    "phy": "Physics",
    "chem": "Chemistry",
    "bio": "Biology/Medicine",
    "cs": "Computer Science/AI",
    "eng": "Engineering",
    "human": "Humanities/Social Science",
    "other": "Other",
}
"""Split, as NeMo-Skills names it → the category of its rows."""


def to_row(line: Line, place: int) -> Row | None:
    """Convert a record of cais/hle: id, question, image, answer, answer_type, rationale, raw_subject, category, ….

    None for a question with an image. The question's text includes the options of multiple-choice questions.
    """
    del place
    if line["image"]:
        return None
    return {
        "id": line["id"],
        "problem": line["question"],
        "expected_answer": line["answer"],
        "answer_type": line["answer_type"],
        "category": line["category"],
        "subject": line.get("raw_subject"),
        "rationale": line.get("rationale"),
    }


def _split(to_row: Callable[[Line, int], Row | None]) -> HubFile:
    path, revision = "data/test-00000-of-00001.parquet", "5a81a4c7271a2a2a312b9a690f0c2fde837e4c29"
    return HubFile("cais/hle", path, revision=revision, to_row=to_row)


def _of_category(category: str) -> Callable[[Line, int], Row | None]:
    return lambda line, place: to_row(line, place) if line["category"] == category else None


BENCHMARK = Benchmark(
    name="hle",
    about="Humanity's Last Exam: the 2,158 of its questions that have no image, and a split for each category",
    family="questions",
    licence="MIT",
    citation="Phan et al. 2025, Humanity's Last Exam, arXiv 2501.14249",
    splits=Splits(
        {"text": _split(to_row), **{name: _split(_of_category(category)) for name, category in CATEGORIES.items()}},
        default="text",
        rows={"text": 2158},
    ),
    prompt="hle",
    solver=SingleTurn(),
    typical_tokens=12000,
    grader=ShortAnswer(),
    metrics=AnswerMetrics("judge_correct", "symbolic_correct", subset="category"),
    judge=Judge(model="o3-mini-20250131"),
    unpublished=True,
)
