"""MMLU-Pro: MMLU with up to ten options and harder questions (Wang et al. 2024, arXiv 2406.01574)."""

from __future__ import annotations

import string
from functools import partial

from northstar.core.records import Row
from northstar.data.source import HubFile, Line
from northstar.graders.multiple_choice import MultipleChoice
from northstar.metrics.answers import AnswerMetrics
from northstar.solvers.single_turn import SingleTurn
from northstar.task.benchmark import Benchmark, Splits


def to_row(line: Line, place: int) -> Row:
    """Convert a record of TIGER-Lab/MMLU-Pro: question_id, question, options, answer, answer_index, category, src.

    Options are stripped: until January 2026 a leading space gave away 473 right options, and marked 2 wrong ones.
    "N/A", with which older revisions fill up to ten options, is dropped. Raises ValueError if answer and answer_index
    disagree.
    """
    del place
    texts = [text.strip() for text in line["options"]]
    letter = string.ascii_uppercase[line["answer_index"]]
    options = {name: text for name, text in zip(string.ascii_uppercase, texts, strict=False) if text != "N/A"}
    if letter != line["answer"] or letter not in options:
        raise ValueError(
            f"question_id {line['question_id']} has the answer {line['answer']!r}, but the answer_index "
            f"{line['answer_index']} among {len(options)} options"
        )
    return {
        "id": line["question_id"],
        "problem": line["question"].strip(),
        "options": options,
        "expected_answer": letter,
        "category": line["category"],
        "src": line.get("src"),
    }


_file = partial(
    HubFile,
    "TIGER-Lab/MMLU-Pro",
    revision="b189ec765aa7ed75c8acfea42df31fdae71f97be",
    to_row=to_row,
    ids_may_repeat=True,  # not at this revision, but in copies where some questions have two variants
)

BENCHMARK = Benchmark(
    name="mmlu-pro",
    about="12,032 questions of 14 subjects, up to 10 choices each (validation: 70)",
    family="choices",
    licence="MIT",
    citation="Wang et al. 2024, MMLU-Pro: A More Robust and Challenging Multi-Task Language Understanding Benchmark, "
    "arXiv 2406.01574",
    splits=Splits(
        {split: _file(f"data/{split}-00000-of-00001.parquet") for split in ("test", "validation")},
        rows={"test": 12032, "validation": 70},
    ),
    prompt="multiple-choice",
    needs=("problem", "options", "expected_answer"),
    solver=SingleTurn(),
    typical_tokens=5000,
    grader=MultipleChoice(),
    metrics=AnswerMetrics("symbolic_correct", subset="category"),
)
