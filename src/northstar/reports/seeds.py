"""Whether the seeds of a run are what they should be: generations of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from northstar.metrics.arrays import IntArray

NO_TEXT = -1
FEWEST_ROWS = 5
"""Of fewer rows that can be compared, the same texts say nothing."""
NEARLY_ALL = 0.95


def seeds_note(texts: IntArray, settings: Mapping[str, Any]) -> str | None:
    """What is wrong with the seeds; None where nothing is. texts: [rows, k]. settings: as run.json has them."""
    rows, k = texts.shape
    if k < 2:
        return None
    greedy = _greedy(settings)
    if greedy is not None:
        return (
            f"{k} seeds with {greedy} are {k} times the same greedy generation, but for chance in the server's "
            "arithmetic. Ask for one generation (no number after the benchmark's name), or sample "
            "(++inference.temperature=0.7)."
        )
    repeated = _repeated(texts)
    if not repeated:
        return None
    who = (
        f"all {k} seeds give"
        if len(repeated) == k - 1
        else f"{len(repeated)} of {k} seeds repeat an earlier one: they give"
    )
    alike, compared = _rows_alike(texts, repeated)
    return (
        f"{who} the same text in nearly every row ({alike} of {compared}{_without(rows - compared)}). Either the "
        "server does not heed the seed, or a cache answers for it (turn that off), or the model is sure of each "
        "answer; pass@k and the spread over seeds then say nothing."
    )


def _greedy(settings: Mapping[str, Any]) -> str | None:
    """The setting that lets nothing be sampled."""
    if settings.get("inference.temperature") == 0:
        return "++inference.temperature=0"
    return "++inference.top_k=1" if settings.get("inference.top_k") == 1 else None


def _repeated(texts: IntArray) -> list[int]:
    """The seeds that give the texts of an earlier one, in nearly all rows where both give any.

    A seed is compared with all before it at once: a thousand of them are half a million pairs.
    """
    by_seed = np.ascontiguousarray(texts.T)
    there = by_seed != NO_TEXT
    found: list[int] = []
    for seed in range(1, len(by_seed)):
        both = there[:seed] & there[seed]
        compared = both.sum(axis=1)
        same = ((by_seed[:seed] == by_seed[seed]) & both).sum(axis=1)
        if ((compared >= FEWEST_ROWS) & (same >= NEARLY_ALL * compared)).any():
            found.append(seed)
    return found


def _rows_alike(texts: IntArray, repeated: list[int]) -> tuple[int, int]:
    """In how many rows each of these seeds gives the text of an earlier one, and how many rows can be compared.

    Where a seed gives no text, or none before it does, it is not compared.
    """
    alike, compared = np.ones(len(texts), dtype=bool), np.zeros(len(texts), dtype=bool)
    there = texts != NO_TEXT
    any_before = np.logical_or.accumulate(there, axis=1)
    for seed in repeated:
        both = there[:, seed] & any_before[:, seed - 1]
        compared |= both
        alike &= ~both | (texts[:, :seed] == texts[:, [seed]]).any(axis=1)
    return int((alike & compared).sum()), int(compared.sum())


def _without(left: int) -> str:
    return f"; {left} can't be compared" if left else ""
