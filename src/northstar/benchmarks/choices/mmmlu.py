"""MMMLU: MMLU's test set, translated by people into 14 languages (OpenAI 2024)."""

from __future__ import annotations

from functools import partial

from northstar.core.records import Row
from northstar.data.source import HubFile, HubFiles, Line
from northstar.graders.multiple_choice import MultipleChoice
from northstar.metrics.answers import AnswerMetrics
from northstar.solvers.single_turn import SingleTurn
from northstar.task.benchmark import Benchmark, Parts, Splits

LANGUAGES = {
    "AR-XY": "Arabic",
    "BN-BD": "Bengali",
    "DE-DE": "German",
    "ES-LA": "Spanish",
    "FR-FR": "French",
    "HI-IN": "Hindi",
    "ID-ID": "Indonesian",
    "IT-IT": "Italian",
    "JA-JP": "Japanese",
    "KO-KR": "Korean",
    "PT-BR": "Portuguese",
    "SW-KE": "Swahili",
    "YO-NG": "Yoruba",
    "ZH-CN": "Chinese",
}
"""Locale, as in the files' names → language."""


def to_row(line: Line, place: int, *, locale: str) -> Row:
    """Convert a record of openai/MMMLU: Question, A, B, C, D, Answer (a letter), Subject, and its position unnamed.

    Raises ValueError for another answer than a letter from A to D.
    """
    if line["Answer"] not in tuple("ABCD"):
        raise ValueError(f"its answer is {line['Answer']!r}")
    return {
        "id": f"{locale}/{place}",
        "problem": line["Question"],
        "options": {letter: line[letter] for letter in "ABCD"},
        "expected_answer": line["Answer"],
        "language": LANGUAGES[locale],
        "subject": line["Subject"],
    }


ROWS = HubFiles(
    tuple(
        HubFile(
            "openai/MMMLU",
            f"test/mmlu_{locale}.csv",
            revision="325a01dc3e173cac1578df94120499aaca2e2504",
            to_row=partial(to_row, locale=locale),
        )
        for locale in LANGUAGES
    )
)

BENCHMARK = Benchmark(
    name="mmmlu",
    about="196,588 questions: MMLU in 14 languages, 4 choices each; one alone: mmmlu.Swahili",
    family="choices",
    licence="MIT",
    citation="OpenAI 2024, Multilingual Massive Multitask Language Understanding, "
    "https://huggingface.co/datasets/openai/MMMLU",
    splits=Splits({"test": ROWS}, rows={"test": 196588}),
    parts=Parts(field="language", names=tuple(sorted(LANGUAGES.values()))),
    prompt="multiple-choice",
    needs=("problem", "options", "expected_answer", "language"),
    solver=SingleTurn(),
    grader=MultipleChoice(),
    metrics=AnswerMetrics("symbolic_correct", subset="language", mean_of_subsets=True),
)
