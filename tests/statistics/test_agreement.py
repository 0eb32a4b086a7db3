"""Agreement and Cohen's kappa, against tables computed by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from northstar.statistics.agreement import agreement


def ratings(table: dict[tuple[str, str], int]) -> tuple[list[str], list[str]]:
    """The ratings of two raters, from how often each pair occurs."""
    pairs = [pair for pair, count in table.items() for _ in range(count)]
    return [one for one, _ in pairs], [other for _, other in pairs]


def test_of_two_by_two() -> None:
    # Cohen's example of grant proposals: 20 both yes, 15 both no, 5 and 10 mixed; po = 0.7, pe = 0.5, kappa = 0.4
    found = agreement(*ratings({("yes", "yes"): 20, ("yes", "no"): 5, ("no", "yes"): 10, ("no", "no"): 15}))
    assert found.num == 50
    assert [found.share, found.kappa] == pytest.approx([0.7, 0.4])


def test_of_three_labels() -> None:
    # rows sum to 12, 8, 10 and columns to 13, 9, 8 of 30; po = 21/30; pe = (12*13 + 8*9 + 10*8) / 900 = 308/900
    table = {("a", "a"): 10, ("a", "b"): 2, ("b", "b"): 5, ("b", "a"): 1, ("b", "c"): 2, ("c", "c"): 6}
    found = agreement(*ratings({**table, ("c", "a"): 2, ("c", "b"): 2}))
    assert found.share == pytest.approx(21 / 30)
    assert found.kappa == pytest.approx((21 / 30 - 308 / 900) / (1 - 308 / 900))


def test_worse_than_chance_is_below_nothing() -> None:
    assert agreement(["yes", "no"], ["no", "yes"]).kappa == -1


def test_no_kappa_where_both_gave_the_same_label_to_all() -> None:
    found = agreement(["yes"] * 3, ["yes"] * 3)
    assert (found.share, found.kappa) == (1, None)


def test_an_item_that_one_did_not_rate_is_left_out() -> None:
    assert agreement(["yes", None, "no"], ["yes", "no", None]).num == 1
    assert agreement([None], ["yes"]).share is None


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), min_size=1))
def test_who_is_first_makes_no_difference(pairs: list[tuple[str, str]]) -> None:
    one, other = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    assert agreement(one, other) == agreement(other, one)
