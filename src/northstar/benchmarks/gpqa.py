"""GPQA: questions that experts of other fields fail even with a search engine (Rein et al. 2023, arXiv 2311.12022).

Its authors ask not to publish examples: no message and no test contains one.
"""

from __future__ import annotations

import hashlib
from functools import partial

from northstar.core.records import Row
from northstar.data.source import HubFile, Line
from northstar.graders.multiple_choice import MultipleChoice
from northstar.metrics.answers import AnswerMetrics
from northstar.solvers.single_turn import SingleTurn
from northstar.task.benchmark import Benchmark, Splits

CHOICE_SHUFFLE_SEED = 42
CHOICES = ("Correct Answer", "Incorrect Answer 1", "Incorrect Answer 2", "Incorrect Answer 3")


def to_row(line: Line, place: int, seed: int = CHOICE_SHUFFLE_SEED) -> Row:
    """Convert a record of Idavidrein/gpqa, with its four choices in a reproducible random order.

    Choices are ordered by the SHA-256 of "<seed>/<record id>/<column>", so that the order depends on no other record,
    nor on the split or the Python version.
    """
    del place
    problem = line["Question"].strip()
    name = (line.get("Record ID") or "").strip() or hashlib.sha256(problem.encode()).hexdigest()[:16]
    order = sorted(CHOICES, key=lambda column: hashlib.sha256(f"{seed}/{name}/{column}".encode()).digest())
    return {
        "id": name,
        "problem": problem,
        "options": {letter: line[column].strip() for letter, column in zip("ABCD", order, strict=True)},
        "expected_answer": "ABCD"[order.index("Correct Answer")],
        "subdomain": line.get("Subdomain"),
        "domain": line.get("High-level domain"),
        "difficulty": line.get("Writer's Difficulty Estimate"),
        "explanation": line.get("Explanation"),
    }


_file = partial(
    HubFile,
    "Idavidrein/gpqa",
    revision="633f5ee89ab8ad4522a9f850766b73f62147ffdd",
    to_row=to_row,
    facts={"choice_shuffle_seed": CHOICE_SHUFFLE_SEED},
)

BENCHMARK = Benchmark(
    name="gpqa",
    about="198 questions of graduate biology, physics and chemistry, 4 choices each (main: 448, extended: 546)",
    splits=Splits({split: _file(f"gpqa_{split}.csv") for split in ("diamond", "main", "extended")}, default="diamond"),
    prompt="multiple-choice",
    needs=("problem", "options", "expected_answer"),
    solver=SingleTurn(),
    grader=MultipleChoice(),
    metrics=AnswerMetrics("symbolic_correct", subset="domain"),
    unpublished=True,
)
