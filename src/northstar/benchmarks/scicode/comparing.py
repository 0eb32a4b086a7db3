"""The functions that SciCode's tests import from scicode.compare.cmp, which is not installed where they run.

This file's text is loaded in the sandbox. Closeness is NumPy's, as in the authors' functions, with one exception: an
empty array is close only to an empty one. NumPy would broadcast it against anything and find no difference.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

_numpys_own = {name: getattr(np, name) for name in ("allclose", "isclose", "array_equiv")}


def refuse_nothing(target: Any) -> None:
    """Make np.allclose and its kin treat empty arrays as close only to empty arrays.

    If the target has no empty part at all, an empty array is close to nothing.
    """
    for name, own in _numpys_own.items():
        setattr(np, name, _refusing_nothing(own, _has_nothing(target)))


def _refusing_nothing(own: Callable[..., Any], expected: bool) -> Callable[..., Any]:
    def compare(*values: Any, **named: Any) -> Any:
        empty = [np.size(value) == 0 for value in (*values, *named.values())[:2]]
        if any(empty) and not (all(empty) and expected):
            return np.False_
        return own(*values, **named)

    return compare


def _has_nothing(value: Any) -> bool:
    """Return whether a value is an empty array, list, tuple or dict, or contains one."""
    if isinstance(value, dict):
        return not value or any(map(_has_nothing, value.values()))
    if isinstance(value, list | tuple):
        return not value or any(map(_has_nothing, value))
    if hasattr(value, "toarray"):
        return 0 in value.shape
    if isinstance(value, np.ndarray) and value.dtype == object:
        return not value.size or any(map(_has_nothing, value.flat))
    return isinstance(value, np.ndarray) and not value.size


def cmp_tuple_or_list(one: Any, other: Any) -> bool:
    """Return whether two sequences have the same length and close values, item by item."""
    return len(one) == len(other) and all(_close(left, right) for left, right in zip(one, other, strict=True))


def are_dicts_close(one: dict[Any, Any], other: dict[Any, Any], atol: float = 1e-8, rtol: float = 1e-5) -> bool:
    """Return whether two dicts have the same keys and close values; symbols count as their names."""
    left = {_named(key): value for key, value in one.items()}
    right = {_named(key): value for key, value in other.items()}
    return left.keys() == right.keys() and all(_close_in_dict(left[key], right[key], atol, rtol) for key in left)


def are_csc_matrix_close(one: Any, other: Any) -> bool:
    """Return whether two sparse matrices have close values."""
    return bool(np.allclose(one.toarray(), other.toarray()))


def _close(one: Any, other: Any) -> bool:
    if isinstance(one, dict):
        return are_dicts_close(one, other)
    if hasattr(one, "toarray"):
        return are_csc_matrix_close(one, other)
    if isinstance(one, bool):
        return bool(one == other)
    try:
        return bool(np.allclose(one, other))
    except (ValueError, TypeError):  # texts, or different shapes
        return bool(one == other)


def _close_in_dict(one: Any, other: Any, atol: float, rtol: float) -> bool:
    one, other = _named(one), _named(other)
    if isinstance(one, str):
        return bool(one == other)
    if hasattr(one, "toarray"):
        return bool(np.allclose(one.toarray(), other.toarray(), atol=atol, rtol=rtol))
    try:
        return bool(np.allclose(one, other, atol=atol, rtol=rtol))
    except (ValueError, TypeError):  # texts, or different shapes
        return bool(one == other)


def _named(value: Any) -> Any:
    return value.name if type(value).__module__.startswith("sympy.") and hasattr(value, "name") else value
