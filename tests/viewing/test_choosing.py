"""Which rows a grid lists, and in which order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from northstar.core.errors import UsageError
from northstar.viewing.choosing import Choice, choice_of, chosen_rows, disagreement, flips, shares_of
from northstar.viewing.grid import Grid
from northstar.viewing.run import Run
from northstar.viewing.search import search
from tests.viewing.invented_run import record, write_records


def grid(folder: Path, answers: list[list[str | None]], ids: list[str] | None = None, **fields: Any) -> Grid:
    """Return a grid of [rows][seeds] answers; 'yes' is right."""
    for seed in range(len(answers[0])):
        lines = [
            record(row, seed)
            | {
                "id": ids[row] if ids else str(row),
                "predicted_answer": each[seed],
                "symbolic_correct": each[seed] == "yes",
            }
            | {"error": None, "finish_reason": "stop", "num_generated_tokens": 100 * row + seed}
            | fields
            for row, each in enumerate(answers)
        ]
        write_records(folder / "eval-results" / "sums" / f"output-rs{seed}.jsonl", lines)
    run = Run(folder)
    run.look()
    return run.grids["sums"]


def rows(found: Grid, **choice: Any) -> list[int]:
    return [int(row) for row in chosen_rows(found, Choice(**choice))]


ANSWERS: list[list[str | None]] = [["yes", "yes"], ["yes", "no"], ["no", "no"], [None, "no"], ["a", "b"]]


@pytest.mark.parametrize(
    ("show", "chosen"),
    [
        ("all", [0, 1, 2, 3, 4]),
        ("right", [0, 1]),
        ("wrong", [1, 2, 3, 4]),
        ("no-answer", [3]),
        ("mixed", [1]),
        ("all-wrong", [2, 3, 4]),
        ("error", []),
    ],
)
def test_what_is_shown(tmp_path: Path, show: str, chosen: list[int]) -> None:
    assert rows(grid(tmp_path, ANSWERS), show=show) == chosen


@pytest.mark.parametrize(
    ("order", "first"),
    [
        ("row", [0, 1]),
        ("longest", [4, 3]),
        ("shortest", [0, 1]),
        ("hardest", [2, 3]),
        ("easiest", [0, 1]),
        ("disagreement", [1, 3]),
    ],
)
def test_how_it_is_ordered(tmp_path: Path, order: str, first: list[int]) -> None:
    assert rows(grid(tmp_path, ANSWERS), order=order)[:2] == first


def test_disagreement_is_the_share_of_pairs_of_answers_that_differ(tmp_path: Path) -> None:
    found = grid(tmp_path, [["a", "a", "a"], ["a", "a", "b"], ["a", "b", "c"]])
    assert disagreement(found) == pytest.approx([0, 2 / 3, 1])


def test_rows_of_two_runs_are_matched_by_id_and_flips_told(tmp_path: Path) -> None:
    base = grid(tmp_path / "base", [["yes"], ["no"], ["yes"]], ids=["a", "b", "c"])
    new = grid(tmp_path / "new", [["no"], ["yes"], ["no"], ["yes"]], ids=["c", "b", "x", "a"])
    other = shares_of(base, new)
    assert other.tolist() == [1, 1, 0]
    assert flips(base, other).tolist() == [0, 1, -1]
    assert chosen_rows(base, Choice(show="flipped"), other).tolist() == [1, 2]
    assert chosen_rows(base, Choice(show="worse", order="flips"), other).tolist() == [2]


def test_a_row_that_the_other_run_lacks_has_not_flipped(tmp_path: Path) -> None:
    base = grid(tmp_path / "base", [["yes"], ["no"]], ids=["a", "b"])
    new = grid(tmp_path / "new", [["yes"]], ids=["a"])
    assert np.isnan(shares_of(base, new)[1])
    assert flips(base, shares_of(base, new)).tolist() == [0, 0]


def test_an_address_that_compares_needs_two_runs() -> None:
    with pytest.raises(UsageError, match="compares two runs"):
        choice_of({"show": "flipped"}, compared=False)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("needle", {0, 1}),
        ("Needle", {1}),
        ('a "quoted" one', {2}),
        ("α≤β", {3}),
        ("generation", set()),
        ("two\nlines", {4}),
        ("line", {4}),
        ("nline", set()),
        ("sums", set()),
    ],
)
def test_a_search_finds_what_values_hold(tmp_path: Path, text: str, found: set[int]) -> None:
    texts = ["a needle", "a Needle", 'a "quoted" one', "α≤β", "two\nlines"]
    lines = [{"id": row, "generation": each, "symbolic_correct": True} for row, each in enumerate(texts)]
    write_records(tmp_path / "eval-results" / "sums" / "output.jsonl", lines)
    run = Run(tmp_path)
    run.look()
    result = search(run.grids["sums"], text)
    assert (set(result.rows), result.is_whole) == (found, True)


def test_a_search_that_takes_too_long_says_how_far_it_came(tmp_path: Path) -> None:
    found = search(grid(tmp_path, ANSWERS), "needle", seconds=-1)
    assert (found.searched, found.is_whole) == (0, False)
