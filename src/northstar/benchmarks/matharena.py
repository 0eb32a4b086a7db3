"""The final-answer competitions that MathArena publishes: one dataset each, of one form (Balunović et al. 2025)."""

from __future__ import annotations

from northstar.core.records import Row
from northstar.data.source import HubFile, Line

LICENCE = "CC-BY-NC-SA-4.0"
CITATION = "Balunović et al. 2025, MathArena: Evaluating LLMs on Uncontaminated Math Competitions, arXiv 2505.23281"


def to_row(line: Line, place: int) -> Row:
    """Convert a record of MathArena: problem_idx, problem, answer, and problem_type or source where there is one.

    Raises TypeError for an answer that is neither a text nor a number.
    """
    del place
    if isinstance(line["answer"], bool) or not isinstance(line["answer"], str | int | float):
        raise TypeError(f"its answer is a {type(line['answer']).__name__}")
    more = {name: line[name] for name in ("problem_type", "source") if line.get(name)}
    answer = str(line["answer"]).strip()
    return {"id": str(line["problem_idx"]), "problem": line["problem"], "expected_answer": answer, **more}


def competition(dataset: str, revision: str, sha256: str | None = None) -> HubFile:
    """Return the source of a competition's rows."""
    path = "data/train-00000-of-00001.parquet"
    return HubFile(f"MathArena/{dataset}", path, revision=revision, sha256=sha256, to_row=to_row)
