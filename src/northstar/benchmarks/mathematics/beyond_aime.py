"""BeyondAIME: 100 problems harder than AIME's, with whole numbers as answers (ByteDance Seed 2025)."""

from __future__ import annotations

from northstar.core.records import Row
from northstar.data.source import HubFile, Line
from northstar.graders.math.answer import MathAnswer
from northstar.metrics.answers import AnswerMetrics
from northstar.solvers.single_turn import SingleTurn
from northstar.task.benchmark import Benchmark, Splits


def to_row(line: Line, place: int) -> Row:
    """Convert a record of ByteDance-Seed/BeyondAIME: problem, answer (a whole number); it has no id."""
    return {"id": str(place), "problem": line["problem"], "expected_answer": str(int(str(line["answer"])))}


ROWS = HubFile(
    "ByteDance-Seed/BeyondAIME",
    "data/test.parquet",
    revision="c705198ae1043810b1e1693bd879250b51a7a523",
    sha256="969750458ae4796e783b6b5ae004cf48587f10683bd5b5ac00220c50561e1df6",
    to_row=to_row,
)

BENCHMARK = Benchmark(
    name="beyond-aime",
    about="100 problems beyond the American Invitational Mathematics Examination in difficulty",
    family="mathematics",
    licence="CC0-1.0",
    citation="ByteDance-Seed 2025, BeyondAIME: Advancing Math Reasoning Evaluation Beyond High School Olympiads, "
    "https://huggingface.co/datasets/ByteDance-Seed/BeyondAIME",
    splits=Splits({"test": ROWS}, rows={"test": 100}),
    prompt="math",
    solver=SingleTurn(),
    grader=MathAnswer(),
    metrics=AnswerMetrics("symbolic_correct"),
)
