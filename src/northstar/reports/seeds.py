"""Checks that a run's seeds are independent generations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from northstar.metrics.arrays import IntArray

NO_TEXT = -1
FEWEST_ROWS = 5
"""With fewer comparable rows, equal texts prove nothing."""
NEARLY_ALL = 0.95


def seeds_note(texts: IntArray, settings: Mapping[str, Any]) -> str | None:
    """Return what is wrong with the seeds, if anything. texts: [rows, k]; settings: as in run.json."""
    rows, k = texts.shape
    if k < 2:
        return None
    greedy = _greedy(settings)
    if greedy is not None:
        return (
            f"{k} seeds with {greedy} are {k} times the same greedy generation, except for random differences in the "
            "server's arithmetic. Ask for one generation (no number after the benchmark's name), or sample "
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
        "server ignores the seed, or a cache answers for it (turn that off), or the model is certain of each answer; "
        "pass@k and the spread over seeds then mean nothing."
    )


def _greedy(settings: Mapping[str, Any]) -> str | None:
    """Return the setting that rules out sampling, if any."""
    if settings.get("inference.temperature") == 0:
        return "++inference.temperature=0"
    return "++inference.top_k=1" if settings.get("inference.top_k") == 1 else None


def _repeated(texts: IntArray) -> list[int]:
    """Return the seeds with the texts of an earlier one in nearly all rows where both have any.

    Each seed is compared with all earlier ones at once, since a thousand seeds are half a million pairs.
    """
    by_seed = np.ascontiguousarray(texts.T)
    has_text = by_seed != NO_TEXT
    found: list[int] = []
    for seed in range(1, len(by_seed)):
        both = has_text[:seed] & has_text[seed]
        compared = both.sum(axis=1)
        same = ((by_seed[:seed] == by_seed[seed]) & both).sum(axis=1)
        if ((compared >= FEWEST_ROWS) & (same >= NEARLY_ALL * compared)).any():
            found.append(seed)
    return found


def _rows_alike(texts: IntArray, repeated: list[int]) -> tuple[int, int]:
    """Count the rows in which each of these seeds repeats an earlier one's text, and the comparable rows.

    A seed without a text, or with none before it, is not compared.
    """
    alike, compared = np.ones(len(texts), dtype=bool), np.zeros(len(texts), dtype=bool)
    has_text = texts != NO_TEXT
    any_before = np.logical_or.accumulate(has_text, axis=1)
    for seed in repeated:
        both = has_text[:, seed] & any_before[:, seed - 1]
        compared |= both
        alike &= ~both | (texts[:, :seed] == texts[:, [seed]]).any(axis=1)
    return int((alike & compared).sum()), int(compared.sum())


def _without(uncompared: int) -> str:
    return f"; {uncompared} cannot be compared" if uncompared else ""
