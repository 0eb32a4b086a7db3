"""Chooses the samples of a report, the same ones each time, and reads them."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

import msgspec
import numpy as np
from markupsafe import Markup

from northstar.core.regular import check_regular
from northstar.exporting.exported import seed_of
from northstar.metrics.arrays import IntArray
from northstar.pages.sample import shown_sample
from northstar.pages.verdict import SCORES, Verdict
from northstar.results.record_lines import parsed_record

_MOST_CHARACTERS = 6_000
_MATH_SECONDS = 0.1
_decode = msgspec.json.Decoder(dict[str, object]).decode


@dataclass(frozen=True)
class Choice:
    """A generation that is shown: its row, its place among the seeds, and why it was chosen."""

    row: int
    seed: int
    why: str


def choose(verdicts: IntArray, number: int, name: str) -> list[Choice]:
    """Choose generations in turns from rows that are always right, never right, and sometimes.

    Of a row that is sometimes right both a right and a wrong generation are chosen, which count as two.

    Args:
        verdicts: [rows, k], as numbers of Verdict.
        number: How many.
        name: Of the benchmark: with the shape of `verdicts`, it decides which are chosen.
    """
    right = verdicts == Verdict.RIGHT
    share = right.mean(axis=1)
    generator = random.Random(f"{name} {verdicts.shape}")
    turns = []
    for rows, kinds in (
        (
            np.flatnonzero((share > 0) & (share < 1)),
            ("some generations of this row are right: one that is", "the same row: one that is not"),
        ),
        (np.flatnonzero(share == 0), ("no generation of this row is right",)),
        (np.flatnonzero(share == 1), ("each generation of this row is right",)),
    ):
        turns.append(list(_of_rows(generator.sample(rows.tolist(), min(len(rows), number)), right, kinds, generator)))
    mixed = [choices for turn in zip_longest(*turns) for choices in turn if choices is not None]
    return [choice for choices in mixed for choice in choices][:number]


def _of_rows(
    rows: Sequence[int], right: np.ndarray, kinds: Sequence[str], generator: random.Random
) -> Iterator[list[Choice]]:
    for row in rows:
        if len(kinds) == 2:
            seeds = [generator.choice(np.flatnonzero(right[row] == wanted).tolist()) for wanted in (True, False)]
        else:
            seeds = [generator.randrange(right.shape[1])]
        yield [Choice(row, seed, why) for seed, why in zip(seeds, kinds, strict=True)]


@dataclass(frozen=True)
class Sample:
    """A generation, ready for the page; `why` it was chosen."""

    title: str
    why: str
    html: Markup


def read_samples(files: Sequence[Path], choices: Sequence[Choice], scores: Sequence[str]) -> list[Sample]:
    """Read the chosen generations. Raises NorthstarError."""
    wanted = {(choice.seed, choice.row): choice.why for choice in choices}
    found: dict[tuple[int, int], Sample] = {}
    for place, file in enumerate(files):
        rows = {row for seed, row in wanted if seed == place}
        if not rows:
            continue
        check_regular(file)
        seed = seed_of(file)
        with file.open("rb", buffering=1 << 18) as lines:
            for row, line in enumerate(lines):
                if row in rows:
                    record = parsed_record(file, row + 1, line, _decode)
                    if record.get("error") is not None:
                        record["error"] = str(record["error"])[:_MOST_CHARACTERS]
                    title = f"{str(record.get('id'))[:80]}, {'greedy' if seed is None else f'seed {seed}'}"
                    shown = shown_sample(
                        record,
                        title=title,
                        scores=tuple(scores) or SCORES,
                        most=_MOST_CHARACTERS,
                        math_seconds=_MATH_SECONDS,
                    )
                    found[place, row] = Sample(title, wanted[place, row], shown.html(heading=4))
                if row >= max(rows):
                    break
    return [found[choice.seed, choice.row] for choice in choices]
