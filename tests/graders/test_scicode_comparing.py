"""Tuples, dicts and symbols are compared as SciCode's tests expect."""

from __future__ import annotations

import numpy as np
import pytest
import sympy

from northstar.graders.scicode.comparing import are_dicts_close, cmp_tuple_or_list

x = sympy.Symbol("x")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((1.0, np.array([1, 2])), (1.0 + 1e-10, np.array([1, 2]))),
        ([True, "a"], [True, "a"]),
        (({"a": 1.0},), ({"a": 1.0 + 1e-12},)),
        ((np.float64(1),), [1]),
    ],
)
def test_close_sequences(one: object, other: object) -> None:
    assert cmp_tuple_or_list(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((1.0,), (1.0, 2.0)),
        ((1.0,), (1.1,)),
        ((True,), (False,)),
        (({"a": 1},), ({"b": 1},)),
        ((np.zeros(2),), (np.ones(2),)),
    ],
)
def test_other_sequences(one: object, other: object) -> None:
    assert not cmp_tuple_or_list(one, other)


def test_symbols_are_their_names() -> None:
    assert are_dicts_close({x: 1.0, "y": x}, {"x": 1.0, "y": "x"})
    assert not are_dicts_close({x: 1.0}, {"z": 1.0})
    assert not are_dicts_close({"a": "text"}, {"a": "other"})
    assert are_dicts_close({"a": [1, 2]}, {"a": np.array([1, 2])})
