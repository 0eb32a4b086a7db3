"""Values come back as they went, and nothing else is made of bytes."""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as of_numpy

from northstar.benchmarks.scicode.values import decode, encode

LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary()
    | st.complex_numbers(allow_nan=False)
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text() | st.integers(), inner),
    max_leaves=10,
)


@given(VALUES)
def test_values_come_back_with_their_types(value: Any) -> None:
    found = decode(encode(value))
    assert found == value
    assert repr(type(found)) == repr(type(value))


@given(
    of_numpy.arrays(
        st.sampled_from(["f8", "f4", "i8", "u1", "c16", "?", "<U3", "S2"]), of_numpy.array_shapes(min_dims=0)
    )
)
def test_arrays_come_back(array: Any) -> None:
    found = decode(encode(array))
    assert (found.dtype, found.shape) == (array.dtype, array.shape)
    np.testing.assert_array_equal(found, array)


@pytest.mark.parametrize("value", [np.float64(0.1), np.bool_(True), np.int32(-5), np.str_("a")])
def test_numbers_of_numpy_stay_numpys(value: Any) -> None:
    found = decode(encode(value))
    assert (type(found), found) == (type(value), value)


def test_an_array_of_objects_comes_back() -> None:
    found = decode(encode(np.array([None, (1, 2), "a"], dtype=object)))
    assert (found.dtype, found.tolist()) == (object, [None, (1, 2), "a"])


def test_sets_ranges_symbols_and_exact_numbers() -> None:
    assert decode(encode({1, 2})) == {1, 2}
    assert decode(encode(range(3))) == [0, 1, 2]
    assert decode(encode({sympy.Symbol("x"): sympy.Rational(1, 4)})) == {sympy.Symbol("x"): 0.25}


@pytest.mark.parametrize(
    "value", [object(), lambda: 1, np.zeros(2, dtype=[("a", "f8")]), (each for each in "ab"), type]
)
def test_what_is_no_value_is_named(value: Any) -> None:
    with pytest.raises(TypeError, match="cannot be compared with a target"):
        encode(value)


@given(st.binary(max_size=100))
def test_other_bytes_are_an_error(content: bytes) -> None:
    try:
        decode(content)
    except (ValueError, TypeError, struct.error, IndexError, KeyError, AttributeError):
        pass


@pytest.mark.parametrize(
    "tree",
    [
        ["call", "print"],
        ["array", "O", [1], 8],
        ["array", "f8", [10], 80],
        ["array", "f8", [1], -8],
        ["sparse", "os", [1, 1], {}],
    ],
)
def test_a_made_up_tree_makes_nothing(tree: list[Any]) -> None:
    text = json.dumps(tree).encode()
    with pytest.raises((ValueError, TypeError, KeyError, ImportError)):  # SciPy is not where the tests run
        decode(struct.pack("<Q", len(text)) + text + bytes(8))
