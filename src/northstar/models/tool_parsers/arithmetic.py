"""Works out sums and products of numbers, as models write them in arguments (`2 * 12`), within limits."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence

from northstar.models.tool_parsers.json_calls import Broken

Number = int | float
MOST_BITS = 1024
"""The largest whole number of a result."""

_PRODUCTS: dict[str, Callable[[Number, Number], Number]] = {
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
}


def worked_out(numbers: Sequence[Number], operators: Sequence[str]) -> Number:
    """Return the value of numbers with operators between them, one fewer. Raises Broken.

    >>> worked_out([1, 2, 12], ["+", "*"])
    25
    """
    total: Number = 0
    product, sign = numbers[0], 1
    try:
        for symbol, number in zip(operators, numbers[1:], strict=True):
            if symbol in _PRODUCTS:
                product = _limited(_PRODUCTS[symbol](product, number))
            else:
                total, product, sign = _limited(total + sign * product), number, 1 if symbol == "+" else -1
        return _limited(total + sign * product)
    except (ZeroDivisionError, OverflowError) as error:
        raise Broken from error


def _limited(number: Number) -> Number:
    if isinstance(number, int) and number.bit_length() > MOST_BITS:
        raise Broken
    return number
