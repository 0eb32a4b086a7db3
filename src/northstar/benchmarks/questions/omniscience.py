"""AA-Omniscience, its public part: 600 hard factual questions where a wrong answer costs (Artificial Analysis 2025)."""

from __future__ import annotations

from collections.abc import Callable

from northstar.core.records import Row
from northstar.data.source import HubFile, Line
from northstar.graders.judgement import JudgedAlone
from northstar.metrics.labels import HALLUCINATION, INDEX, LabelMetrics
from northstar.solvers.single_turn import SingleTurn
from northstar.task.benchmark import Benchmark, Splits
from northstar.task.judge import Judge, Label, Labels

GRADES = Labels(
    (
        Label("correct", ("A",), 1.0),
        Label("incorrect", ("B",), 0.0),
        Label("partial", ("C", "partial answer"), 0.0),
        Label("not_attempted", ("D",), 0.0),
    ),
    unanswered="not_attempted",
    alone=True,
)
DOMAINS = {
    "humanities": "Humanities and Social Sciences",
    "health": "Health",
    "swe": "Software Engineering",
    "stem": "Science Engineering and Mathematics",
    "law": "Law",
    "finance": "Finance",
}
"""Split, as NeMo-Skills names it → the domain of its rows."""


def to_row(line: Line, place: int) -> Row:
    """Convert a record of AA-Omniscience-Public: domain, topic, question_id, question, answer."""
    del place
    return {
        "id": str(line["question_id"]),
        "problem": line["question"],
        "expected_answer": line["answer"],
        "domain": line["domain"],
        "topic": line["topic"],
    }


def _split(to_row: Callable[[Line, int], Row | None]) -> HubFile:
    return HubFile(
        "ArtificialAnalysis/AA-Omniscience-Public",
        "AA-Omniscience_dataset_public.csv",
        revision="4a8ffc87c4650054825fb767fe0da4a4fc97ff32",
        to_row=to_row,
    )


def _of_domain(domain: str) -> Callable[[Line, int], Row | None]:
    return lambda line, place: to_row(line, place) if line["domain"] == domain else None


BENCHMARK = Benchmark(
    name="omniscience",
    about="the 600 public questions of AA-Omniscience, where a wrong answer costs what a right one earns",
    family="questions",
    licence="Apache-2.0",
    citation="Jackson et al. 2025, AA-Omniscience: Evaluating Cross-Domain Knowledge Reliability in Large Language "
    "Models, arXiv 2511.13029",
    splits=Splits(
        {"text": _split(to_row), **{name: _split(_of_domain(domain)) for name, domain in DOMAINS.items()}},
        default="text",
        rows={"text": 600, **dict.fromkeys(DOMAINS, 100)},
    ),
    prompt="omniscience",
    needs=("problem", "expected_answer", "domain", "topic"),
    solver=SingleTurn(),
    grader=JudgedAlone(),
    metrics=LabelMetrics(labels=GRADES.names, rates=(INDEX, HALLUCINATION), subset="domain"),
    judge=Judge(
        prompt="nemo-skills@4843d712c022fbf7b2ac079eff1afc3514f1273c/judge/aa-omni-judge",
        labels=GRADES,
    ),
)
