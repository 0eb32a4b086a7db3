"""Tuples, dicts and symbols are compared as SciCode's tests expect."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sympy

from northstar.benchmarks.scicode.comparing import (
    are_csc_matrix_close,
    are_dicts_close,
    cmp_tuple_or_list,
    refuse_nothing,
)

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


@pytest.fixture(autouse=True)
def _numpy_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("allclose", "isclose", "array_equiv"):
        monkeypatch.setattr(np, name, getattr(np, name))


class Sparse:
    """As much of SciPy's sparse matrices as is compared."""

    def __init__(self, array: object) -> None:
        self.array = np.array(array)
        self.shape = self.array.shape

    def toarray(self) -> object:
        return self.array


NOTHING = [[], (), np.array([]), np.zeros((0, 1, 1, 1, 1)), np.zeros((1, 0)), np.array([], dtype=object)]
SOMETHING = [0, 1.5, np.float64(1), np.array(1.0), [1], np.ones(1), np.ones((1, 1)), np.ones((3, 1)), [[1.0], [2.0]]]


@pytest.mark.parametrize("nothing", NOTHING, ids=repr)
@pytest.mark.parametrize("target", SOMETHING, ids=repr)
def test_nothing_is_close_to_no_target_that_holds_something(nothing: Any, target: Any) -> None:
    refuse_nothing(target)
    for one, other in ((nothing, target), (target, nothing), (nothing, nothing)):
        assert not np.allclose(one, other)
        assert not np.isclose(one, other).all()
        assert not np.array_equiv(one, other)
    assert not np.allclose(a=nothing, b=target)


@pytest.mark.parametrize("target", NOTHING[:-1], ids=repr)
def test_a_target_that_holds_nothing_is_met_by_nothing_alone(target: Any) -> None:
    refuse_nothing(target)
    assert np.allclose(target, target)
    assert not np.allclose(0, target)
    assert not np.allclose([1.0], target)


def test_where_one_part_of_a_target_holds_nothing_the_others_are_not_met_by_it() -> None:
    target = (np.zeros((0, 3)), np.ones(2))
    refuse_nothing(target)
    assert cmp_tuple_or_list((np.zeros((0, 3)), np.ones(2)), target)
    assert not cmp_tuple_or_list((np.zeros((0, 3)), np.zeros((2, 0, 1))), target)
    assert not cmp_tuple_or_list((np.zeros((1, 3)), np.ones(2)), target)


@pytest.mark.parametrize(
    ("one", "target"),
    [
        (1.0, np.array(1.0)),
        (np.ones((3, 1)), np.ones(3)),
        (1.0, np.ones(3)),
        ([1.0, 1.0], np.ones((2, 2))),
        (np.array([1]), 1),
    ],
)
def test_what_holds_something_is_broadcast_as_numpy_does(one: Any, target: Any) -> None:
    refuse_nothing(target)
    assert np.allclose(one, target)


def test_dicts_tuples_and_sparse_matrices_of_nothing_are_no_target() -> None:
    refuse_nothing({"a": 1.0})
    assert not are_dicts_close({"a": []}, {"a": 1.0})
    assert not are_dicts_close({}, {"a": 1.0})
    assert not cmp_tuple_or_list((np.zeros((0, 1)),), (1.0,))
    assert not cmp_tuple_or_list((), (1.0,))
    assert not are_csc_matrix_close(Sparse(np.ones((1, 0))), Sparse([[1.0]]))


def test_numbers_that_are_none_are_close_to_nothing() -> None:
    refuse_nothing(np.nan)
    assert not np.allclose(np.nan, np.nan)
