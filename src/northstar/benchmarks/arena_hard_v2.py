"""Arena-Hard v2: hard prompts of Chatbot Arena; a judge compares the answers with a baseline's (Li et al. 2024).

The 250 prompts of creative writing are compared with the answers of gemini-2.0-flash, whose file the user gives.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from northstar.core.errors import NorthstarError, UsageError
from northstar.core.records import Row
from northstar.data.reading import read_records
from northstar.data.source import UNPINNED, HubFile, HubFiles, Line, Preparation, SourceOption
from northstar.graders.judgement import JudgedAlone
from northstar.metrics.pairs import PairMetrics
from northstar.solvers.single_turn import SingleTurn
from northstar.task.benchmark import Benchmark, Judge, Splits

REPO, FOLDER = "lmarena-ai/arena-hard-auto", "data/arena-hard-v2.0"
BASELINE, CREATIVE_BASELINE = "o3-mini-2025-01-31", "gemini-2.0-flash"
CREATIVE_NAMES = (CREATIVE_BASELINE, f"{CREATIVE_BASELINE}-001")
"""What its answers are marked with; gemini-2.0-flash-lite is another model."""
CREATIVE = "creative_writing"


def question(category: str) -> Callable[[Line, int], Row | None]:
    """Return what makes rows of the prompts of one category: uid, category, subcategory, prompt."""

    def to_row(line: Line, place: int) -> Row | None:
        del place
        if line["category"] != category:
            return None
        return {"id": line["uid"], "problem": line["prompt"], "category": category, "subcategory": line["subcategory"]}

    return to_row


def answer(line: Line, place: int) -> Row:
    """Return a baseline's answer as a row without a prompt, which joins that of its id: uid, model, messages, …"""
    del place
    content = line["messages"][-1]["content"]
    text = content["answer"] if isinstance(content, dict) else content
    return {"id": line["uid"], "baseline": line["model"], "baseline_answer": text}


@dataclass
class Joining:
    """Joins prompts with the baseline's answers, which come first."""

    answers: dict[str, Row] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)

    def __call__(self, row: Row) -> Row | None:
        if "problem" not in row:
            self.answers[row["id"]] = row
            return None
        if row["id"] not in self.answers:
            raise NorthstarError(
                f"the baseline has no answer to the prompt {row['id']}; its file is another's, or cut."
            )
        return row | self.answers[row["id"]]


@contextmanager
def joined(preparation: Preparation) -> Iterator[Joining]:
    """Join the answers that are among the source's files."""
    del preparation
    yield Joining()


@contextmanager
def joined_with_given(preparation: Preparation) -> Iterator[Joining]:
    """Join the answers that the user gives. Raises NorthstarError without them."""
    path = preparation.options.get("baseline")
    if path is None:
        raise NorthstarError(
            f"the split 'creative' is compared with answers of {CREATIVE_BASELINE}, not of {BASELINE}. Name the "
            f"file of these answers (of {REPO}, {FOLDER}/model_answer) with ++arena-hard-v2.baseline=FILE."
        )
    rows = _given(path)
    yield Joining(rows, {"baseline_sha256": hashlib.sha256(path.read_bytes()).hexdigest()})


def check_baseline(path: Path) -> None:
    """Raise UsageError for a file that can't be ++arena-hard-v2.baseline."""
    _given(path)


def _given(path: Path) -> dict[str, Row]:
    try:
        rows = [answer(line, place) for place, line in enumerate(read_records(path, str(path)))]
    except (NorthstarError, OSError) as error:
        raise UsageError(f"++arena-hard-v2.baseline: {error}") from None
    except (KeyError, IndexError, TypeError):
        raise UsageError(
            f"++arena-hard-v2.baseline={path} is not a file of answers: each line has uid, model and messages."
        ) from None
    others = sorted({str(row["baseline"]) for row in rows if row["baseline"] not in CREATIVE_NAMES})
    if others or not rows:
        raise UsageError(
            f"++arena-hard-v2.baseline={path} holds answers of {', '.join(others) or 'nobody'}; the split 'creative' "
            f"is compared with those of {CREATIVE_BASELINE}."
        )
    return {row["id"]: row for row in rows}


def _questions(category: str) -> HubFile:
    return HubFile(REPO, f"{FOLDER}/question.jsonl", revision=UNPINNED, to_row=question(category))


_ANSWERS = HubFile(REPO, f"{FOLDER}/model_answer/{BASELINE}.jsonl", revision=UNPINNED, to_row=answer)
_OPTIONS = {"baseline": SourceOption("Answers of gemini-2.0-flash, for the split creative.", check_baseline)}

BENCHMARK = Benchmark(
    name="arena-hard-v2",
    about="500 hard prompts of coding and mathematics, against o3-mini's answers; creative: 250 of writing",
    family="questions",
    licence="Apache-2.0",
    citation="Li et al. 2024, From Crowdsourced Data to High-Quality Benchmarks: Arena-Hard, arXiv 2406.11939",
    splits=Splits(
        {
            "hard": HubFiles((_ANSWERS, _questions("hard_prompt")), finishing=joined),
            "creative": HubFiles((_questions(CREATIVE),), finishing=joined_with_given, options=_OPTIONS),
        },
        default="hard",
        rows={"hard": 500, "creative": 250},
    ),
    prompt="bare",
    solver=SingleTurn(),
    grader=JudgedAlone(),
    metrics=PairMetrics(subset="subcategory"),
    needs=("problem", "baseline_answer"),
    inference={"tokens_to_generate": 16384},
    judge=Judge(prompt="pairwise", model="gpt-4.1", inference={"tokens_to_generate": 16000}),
)
