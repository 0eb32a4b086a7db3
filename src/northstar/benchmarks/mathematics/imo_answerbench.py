"""IMO-AnswerBench: 400 problems of olympiads with short answers (Luong et al. 2025, arXiv 2511.01846)."""

from __future__ import annotations

from northstar.core.records import Row
from northstar.data.source import GitHubFile, Line
from northstar.graders.math.answer import MathAnswer
from northstar.metrics.answers import AnswerMetrics
from northstar.solvers.single_turn import SingleTurn
from northstar.task.benchmark import Benchmark, Splits
from northstar.task.judge import CORRECT_OR_NOT, Judge


def to_row(line: Line, place: int) -> Row:
    """Convert a record: Problem ID, Problem, Short Answer, Category, Subcategory, Source."""
    del place
    return {
        "id": line["Problem ID"],
        "problem": line["Problem"].strip(),
        "expected_answer": line["Short Answer"].strip(),
        "category": line["Category"],
        "subcategory": line["Subcategory"],
        "source": line["Source"],
    }


ROWS = GitHubFile(
    "google-deepmind/superhuman",
    "imobench/answerbench_v2.csv",
    revision="326a740a6877d5ec098035c534d2fbd931fe83ee",
    sha256="275877a9d988d85278fad3a5f8a41d7f83393a60bf259531ec0a5161e6b21cf9",
    to_row=to_row,
)

BENCHMARK = Benchmark(
    name="imo-answerbench",
    about="400 problems of mathematical olympiads with short answers, judged, and compared as mathematics beside it",
    family="mathematics",
    licence="CC-BY-4.0",
    citation="Luong et al. 2025, Towards Robust Mathematical Reasoning, arXiv 2511.01846",
    splits=Splits({"test": ROWS}, rows={"test": 400}),
    prompt="math",
    solver=SingleTurn(),
    grader=MathAnswer(),
    metrics=AnswerMetrics("judge_correct", "symbolic_correct", subset="category"),
    judge=Judge(
        prompt="nemo-skills@a9a7f786b5ce8681448f139a6651f60d73be7203/judge/imo_answerbench",
        labels=CORRECT_OR_NOT,
    ),
)
