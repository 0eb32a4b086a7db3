"""24 problems of six kinds that ship with Northstar, graded so that a model of 135M parameters solves some of each."""

from __future__ import annotations

from importlib import resources

from northstar.data.source import PackagedFile
from northstar.graders.math.answer import MathAnswer
from northstar.metrics.answers import AnswerMetrics
from northstar.solvers.single_turn import SingleTurn
from northstar.task.benchmark import Benchmark, Splits

LAST_WORD = r"\A\s*[^\n]*?(-?\b\d[\d.,]*\d\b|-?\b\d\b|\b\w+\b)[^\w\n]*(?:\n|\Z)"
"""The last word or number of the first line: the prompt asks for one sentence that ends with the answer."""

BENCHMARK = Benchmark(
    name="smoke",
    about="24 problems of six kinds, some of which a very small model solves; ships with Northstar",
    family="others",
    licence="Apache-2.0",
    citation="ships with Northstar",
    splits=Splits({"test": PackagedFile(resources.files(__package__).joinpath("rows.jsonl"))}, rows={"test": 24}),
    prompt="one-sentence",
    solver=SingleTurn(),
    typical_tokens=20,
    grader=MathAnswer(extract_regex=LAST_WORD),
    metrics=AnswerMetrics("symbolic_correct", subset="kind"),
    inference={"tokens_to_generate": 64},
)
