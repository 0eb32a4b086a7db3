"""SuperGPQA: questions of 285 graduate subfields with up to ten options (M-A-P 2025, arXiv 2502.14739)."""

from __future__ import annotations

import string

from northstar.core.records import Row
from northstar.data.source import HubFile, Line
from northstar.graders.multiple_choice import MultipleChoice
from northstar.metrics.answers import AnswerMetrics
from northstar.solvers.single_turn import SingleTurn
from northstar.task.benchmark import Benchmark, Splits


def to_row(line: Line, place: int) -> Row:
    """Convert a record of m-a-p/SuperGPQA: uuid, question, options, answer, answer_letter, discipline, field, ….

    Raises ValueError if the letter is of no option.
    """
    del place
    options = dict(zip(string.ascii_uppercase, line["options"], strict=False))
    if line["answer_letter"] not in options:
        raise ValueError(f"{line['uuid']} has the answer {line['answer_letter']!r} among {len(options)} options")
    return {
        "id": line["uuid"],
        "problem": line["question"],
        "options": options,
        "expected_answer": line["answer_letter"],
        **{name: line[name] for name in ("discipline", "field", "subfield", "difficulty")},
    }


ROWS = HubFile(
    "m-a-p/SuperGPQA",
    "SuperGPQA-all.jsonl",
    revision="4430d4458112c7d4497fdcf94d7cc223313d6acf",
    sha256="28b998e70205ee95e540317b5adc06a06552a3961fb50b153df126b833f7a910",
    to_row=to_row,
)

BENCHMARK = Benchmark(
    name="supergpqa",
    about="26,529 questions of 13 disciplines and 285 subfields of graduate study, up to 10 choices each",
    family="choices",
    licence="ODC-BY",
    citation="M-A-P Team 2025, SuperGPQA: Scaling LLM Evaluation across 285 Graduate Disciplines, arXiv 2502.14739",
    splits=Splits({"test": ROWS}, rows={"test": 26529}),
    prompt="multiple-choice",
    needs=("problem", "options", "expected_answer"),
    solver=SingleTurn(),
    grader=MultipleChoice(),
    metrics=AnswerMetrics("symbolic_correct", subset="discipline"),
)
