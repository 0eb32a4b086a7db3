"""GPQA: questions that experts of other fields fail even with a search engine (Rein et al. 2023, arXiv 2311.12022).

Its authors ask not to publish examples: no message and no test contains one.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Sequence
from functools import partial

from northstar.core.errors import UsageError, did_you_mean
from northstar.core.records import Row
from northstar.data.source import HubFile, Line
from northstar.graders.multiple_choice import MultipleChoice
from northstar.metrics.answers import AnswerMetrics
from northstar.solvers.single_turn import SingleTurn
from northstar.task.benchmark import Benchmark, Splits

CHOICE_SHUFFLE_SEED = 42
CHOICES = ("Correct Answer", "Incorrect Answer 1", "Incorrect Answer 2", "Incorrect Answer 3")
ROWS = {"diamond": 198, "main": 448, "extended": 546}
SPLITS = tuple(ROWS)


def to_row(line: Line, place: int, seed: int = CHOICE_SHUFFLE_SEED) -> Row:
    """Convert a record of Idavidrein/gpqa, with its four choices in a reproducible random order.

    Choices are ordered by the SHA-256 of "<seed>/<record id>/<column>", so that the order depends on no other record,
    nor on the split or the Python version.
    """
    del place
    name = _name(line)
    order = sorted(CHOICES, key=lambda column: hashlib.sha256(f"{seed}/{name}/{column}".encode()).digest())
    return _row(line, order)


def to_shuffled_row(line: Line, place: int, seed: int) -> Row:
    """Convert a record with its choices in the order of NeMo-Skills: Python's random generator is seeded once a split,
    and shuffles the three wrong choices and the right one of each row in turn.
    """
    generator = random.Random(seed)
    for _ in range(place + 1):
        order = [*CHOICES[1:], CHOICES[0]]
        generator.shuffle(order)
    return _row(line, order)


def _name(line: Line) -> str:
    return (line.get("Record ID") or "").strip() or hashlib.sha256(line["Question"].strip().encode()).hexdigest()[:16]


def _row(line: Line, order: Sequence[str]) -> Row:
    return {
        "id": _name(line),
        "problem": line["Question"].strip(),
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


def shuffled_split(name: str) -> HubFile:
    """Return the source of SPLIT-seedN, such as diamond-seed42. Raises UsageError for an invalid name."""
    match = re.fullmatch(rf"({'|'.join(SPLITS)})-seed(\d{{1,9}})", name)
    if match is None:
        raise UsageError(
            f"--split: gpqa has no split '{name}'.{did_you_mean(name, SPLITS)} It has {', '.join(SPLITS)}, and each "
            "with its options in the order of NeMo-Skills: diamond-seed42."
        )
    seed = int(match[2])
    facts = {"choice_order": "random.shuffle", "choice_shuffle_seed": seed}
    return _file(f"gpqa_{match[1]}.csv", to_row=partial(to_shuffled_row, seed=seed), facts=facts)


BENCHMARK = Benchmark(
    name="gpqa",
    about="198 questions of graduate biology, physics and chemistry, 4 choices each (main: 448, extended: 546)",
    family="choices",
    licence="CC-BY-4.0",
    citation="Rein et al. 2023, GPQA: A Graduate-Level Google-Proof Q&A Benchmark, arXiv 2311.12022",
    splits=Splits(
        {split: _file(f"gpqa_{split}.csv") for split in SPLITS}, default="diamond", by_rule=shuffled_split, rows=ROWS
    ),
    prompt="multiple-choice",
    needs=("problem", "options", "expected_answer"),
    solver=SingleTurn(),
    typical_tokens=11000,
    grader=MultipleChoice(),
    metrics=AnswerMetrics("symbolic_correct", subset="domain"),
    unpublished=True,
)
