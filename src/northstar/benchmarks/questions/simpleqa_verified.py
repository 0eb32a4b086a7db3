"""SimpleQA Verified: 1,000 short factual questions, judged correct, incorrect or not attempted (Haas et al. 2025)."""

from __future__ import annotations

from northstar.core.records import Row
from northstar.data.source import HubFile, Line
from northstar.graders.judgement import JudgedAlone
from northstar.metrics.labels import ATTEMPTED, F1, LabelMetrics
from northstar.solvers.single_turn import SingleTurn
from northstar.task.benchmark import Benchmark, Splits
from northstar.task.judge import Judge, Label, Labels

GRADES = Labels(
    (Label("correct", ("A",), 1.0), Label("incorrect", ("B",), 0.0), Label("not_attempted", ("C",), 0.0)),
    unanswered="not_attempted",
    alone=True,
)


def to_row(line: Line, place: int) -> Row:
    """Convert a record: original_index, problem, answer, topic, answer_type, multi_step, requires_reasoning, urls."""
    del place
    return {
        "id": str(line["original_index"]),
        "problem": line["problem"],
        "expected_answer": line["answer"],
        "topic": line["topic"],
        "answer_type": line["answer_type"],
        "multi_step": line["multi_step"],
        "requires_reasoning": line["requires_reasoning"],
    }


ROWS = HubFile(
    "google/simpleqa-verified",
    "simpleqa_verified.csv",
    revision="0dc97e0d28d8233463e005cdc4475cc2a13ba2dc",
    to_row=to_row,
)

BENCHMARK = Benchmark(
    name="simpleqa-verified",
    about="1,000 short factual questions, judged correct, incorrect or not attempted",
    family="questions",
    licence="MIT",
    citation="Haas et al. 2025, SimpleQA Verified, arXiv 2509.07968",
    splits=Splits({"eval": ROWS}, default="eval", rows={"eval": 1000}),
    prompt="bare",
    solver=SingleTurn(),
    grader=JudgedAlone(),
    metrics=LabelMetrics(labels=GRADES.names, rates=(F1, ATTEMPTED), subset="topic"),
    judge=Judge(prompt="nemo-skills@0b012df8/judge/simpleqa", labels=GRADES, model="gpt-4.1-20250414"),
)
