"""Seeds that are no generations of their own are said."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest

from northstar.reports.seeds import NO_TEXT, seeds_note


def note(texts: list[list[int]], **settings: Any) -> str | None:
    """texts: a list a row, of a number a seed."""
    return seeds_note(np.array(texts, dtype=np.int64), settings)


def test_all_seeds_that_give_the_same_texts() -> None:
    message = note([[row] * 4 for row in range(24)])
    assert message is not None
    assert message.startswith(
        "all 4 seeds give the same text in nearly every row (24 of 24). Either the server ignores"
    )


def test_nearly_every_row_is_enough() -> None:
    assert note([[row, row] for row in range(23)] + [[1, 2]]) is not None
    assert note([[row, row] for row in range(20)] + [[1, 2]] * 4) is None


def test_rows_without_two_texts_are_not_compared() -> None:
    message = note([[row, row] for row in range(13)] + [[50, NO_TEXT]] * 6 + [[NO_TEXT, NO_TEXT]] * 5)
    assert message is not None
    assert "in nearly every row (13 of 13; 11 cannot be compared). " in message


def test_some_seeds_that_repeat_another() -> None:
    message = note([[row, 100 + row, row, 200 + row] for row in range(10)])
    assert message is not None
    assert message.startswith(
        "1 of 4 seeds repeat an earlier one: they give the same text in nearly every row (10 of 10)"
    )


@pytest.mark.parametrize("different", [0, 0.6, 1], ids=["all the same", "the same in some rows", "all their own"])
def test_a_thousand_seeds_are_compared_in_no_time(different: float) -> None:
    own = np.arange(30 * 1000).reshape(30, 1000)
    own[int(30 * different) :] = 7
    before = time.process_time()
    message = seeds_note(own, {})
    assert time.process_time() - before < 1
    assert (message is not None) is (different == 0)


@pytest.mark.parametrize(
    "texts",
    [
        [[row, 100 + row] for row in range(10)],
        [[row] for row in range(10)],
        [[row, row] for row in range(4)],
        [[row, row] for row in range(4)] + [[7, NO_TEXT]] * 20,
        [[NO_TEXT, NO_TEXT]] * 10,
    ],
    ids=["they differ", "one seed", "four rows", "four rows with two texts", "no texts"],
)
def test_nothing_is_said_of_seeds_that_may_be_their_own(texts: list[list[int]]) -> None:
    assert note(texts) is None


@pytest.mark.parametrize(
    ("settings", "message"),
    [({"inference.temperature": 0.0}, "++inference.temperature=0"), ({"inference.top_k": 1}, "++inference.top_k=1")],
)
def test_seeds_of_which_none_is_sampled(settings: dict[str, Any], message: str) -> None:
    found = note([[row, 100 + row] for row in range(10)], **settings)
    assert found is not None
    assert found.startswith(f"2 seeds with {message} are 2 times the same greedy generation")
    assert note([[1]], **settings) is None
