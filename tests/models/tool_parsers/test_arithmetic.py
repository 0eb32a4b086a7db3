"""Numbers with operators between them are worked out within limits, without evaluating text."""

from __future__ import annotations

import pytest

from northstar.models.tool_parsers.arithmetic import MOST_BITS, Number, worked_out
from northstar.models.tool_parsers.json_calls import Broken


@pytest.mark.parametrize(
    ("numbers", "operators", "value"),
    [
        ([5], "", 5),
        ([2, 12], "*", 24),
        ([1, 2, 3], "+*", 7),
        ([2, 3, 1], "*+", 7),
        ([10, 2, 3], "--", 5),
        ([10, 4, 5], "-*", -10),
        ([7, 2], "/", 3.5),
        ([7, 2, 2], "%*", 2),
        ([-7, 2], ["//"], -4),
    ],
)
def test_products_come_before_sums(numbers: list[Number], operators: str, value: Number) -> None:
    assert worked_out(numbers, list(operators)) == value


@pytest.mark.parametrize(
    ("numbers", "operators"),
    [
        ([1, 0], ["/"]),
        ([1, 0], ["%"]),
        ([1, 0], ["//"]),
        ([2**MOST_BITS, 2], ["*"]),
        ([2**MOST_BITS, 1], ["+"]),
        ([9] * 1000, ["*"] * 999),
        ([10**400, 3.0], ["*"]),
    ],
)
def test_what_has_no_value_or_a_huge_one_is_malformed(numbers: list[Number], operators: list[str]) -> None:
    with pytest.raises(Broken):
        worked_out(numbers, operators)
