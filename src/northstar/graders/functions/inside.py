"""The sandboxed programs that test a function, as text that the sandbox runs with the standard library alone.

`staged` runs the function's own tests beside it. `make` calls it with each input and hands out the results; `compare`,
in a sandbox that never saw the function, calls the reference with the same inputs and compares as EvalPlus 0.3.1 does.
"""

from __future__ import annotations

import json
import math
import os
import sys
import types
from collections.abc import Callable, Generator
from typing import Any

LOADED, TESTED, BEGIN_AGAIN = "loaded", "tested", "begin again"
PASSED = b"passed"
FAILED = "failed"
_KINDS: dict[str, Callable[[Any], Any]] = {"tuple": tuple, "set": set, "list": list}


def staged(code: str) -> Callable[[Any], Any]:
    """Return the function that answers one request after the other: {}, {"tests": …}, {"token": …}.

    The token comes once the tests have run: a program that ends early, or writes what it likes, cannot know it.
    """
    stages = _stages(code)
    next(stages)
    return stages.send


def _stages(code: str) -> Generator[str | None, dict[str, Any], None]:
    execute, compiled = exec, compile  # bound before the program can replace them
    request = yield None
    if "token" in request:  # this process is a new one, and has run no tests
        yield BEGIN_AGAIN
    _discard_prints()
    names = _run(code)
    if "tests" not in request:
        request = yield LOADED
        _discard_prints()
    execute(compiled(request["tests"], "tests.py", "exec"), names)
    request = yield TESTED
    yield request["token"]


def make(request: Any) -> list[Any]:
    """Run the program and call its function with each input, until one fails; return the results as JSON holds them."""
    _discard_prints()
    function = _run(request["code"])[request["function"]]
    made: list[Any] = []
    for given in _inputs(request):
        try:
            made.append(_tree(function(*given)))
        except BaseException as error:
            made.append([FAILED, f"{type(error).__name__}: {error}"[:200]])
            break
    return made


def compare() -> None:
    """Call the reference with each input and compare the results, the second line; write PASSED, or what is wrong."""
    request, results, out = _begun()
    reference = _run(request["code"])[request["function"]]
    made, tolerance = json.loads(results), request["tolerance"]
    for number, given in enumerate(_inputs(request)):
        result = made[number] if number < len(made) else [FAILED, "no result"]
        if isinstance(result, list) and result[0] == FAILED:
            os.write(out, f"input {number + 1}: {result[1]}".encode("utf-8", "replace"))
            return
        expected = reference(*_copied(given))
        if tolerance == 0 and _is_of_floats(expected):
            tolerance = 1e-6  # from here on, as officially
        if not _agrees(request["set"], request["function"], given, _value(result), expected, tolerance):
            os.write(out, f"input {number + 1}: another result".encode())
            return
    os.write(out, PASSED)


def _begun() -> tuple[Any, bytes, int]:
    """Return the request, the line after it, and the real stdout; later prints are discarded."""
    request = json.loads(sys.stdin.buffer.readline())
    results = sys.stdin.buffer.read()
    out = os.dup(1)
    _discard_prints()
    return request, results, out


def _discard_prints() -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)


def _run(code: str) -> dict[str, Any]:
    """Return the names that a program defines; it is not the main one, so that what it guards does not run."""
    sys.set_int_max_str_digits(0)
    module = types.ModuleType("solution")
    sys.modules["solution"] = module  # where dataclasses, for one, looks up a class's names
    exec(compile(code, "solution.py", "exec"), module.__dict__)
    return module.__dict__


def _inputs(request: Any) -> list[Any]:
    return [_as_given(given, request["shape"]) for given in request["inputs"]]


def _copied(given: Any) -> Any:
    import copy

    return copy.deepcopy(given)


def _as_given(given: Any, shape: str) -> Any:
    """Return the arguments of a call, which JSON holds as lists, in the types that MBPP's problems are about."""
    first, *rest = given or [None]
    if shape == "tuples":  # each argument is one
        return [tuple(each) for each in given]
    if shape == "lists of tuples":
        return [[tuple(each) for each in argument] for argument in given]
    if shape == "tuples of tuples":
        return [tuple(tuple(each) for each in argument) for argument in given]
    if shape == "first: list of tuples":
        return [[tuple(each) for each in first], *rest[:1]]
    if shape == "first: tuple":
        return [tuple(first), *rest]
    if shape == "second: tuple":
        return [first, tuple(rest[0])]
    if shape == "first: list of sets":
        return [[set(each) if isinstance(each, list) and each else {} for each in first]]
    if shape == "float, complex":
        return [float(first), complex(rest[0])]
    if shape == "complex":
        return [complex(first)]
    if shape == "first: tuple of tuples and others":
        return [tuple(tuple(each) if isinstance(each, list) else each for each in first)]
    if shape == "first: values are tuples":
        return [{key: tuple(value) for key, value in first.items()}, *rest]
    if shape == "tuples at any depth":
        return [_all_tuples(each) for each in given]
    return given


def _all_tuples(value: Any) -> Any:
    return tuple(_all_tuples(each) for each in value) if isinstance(value, list) else value


def _tree(value: Any) -> Any:
    """Return the JSON form of a result. Raises TypeError for types that no reference returns."""
    if type(value).__module__ == "numpy" and hasattr(value, "item") and getattr(value, "ndim", 1) == 0:
        value = value.item()
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, complex):
        return ["complex", value.real, value.imag]
    if isinstance(value, dict):
        return ["dict", [[_tree(key), _tree(each)] for key, each in value.items()]]
    if isinstance(value, (list, tuple, set, frozenset)):
        kind = "tuple" if isinstance(value, tuple) else "list" if isinstance(value, list) else "set"
        return [kind, [_tree(each) for each in value]]
    return ["other", type(value).__name__]


class Other:
    """A result of a type that no reference returns: it equals nothing."""


def _value(tree: Any) -> Any:
    if not isinstance(tree, list):
        return tree
    kind, *rest = tree
    if kind == "complex":
        return complex(*rest)
    if kind == "dict":
        return {_value(key): _value(each) for key, each in rest[0]}
    return Other() if kind == "other" else _KINDS[kind](_value(each) for each in rest[0])


_OF_SETS = (
    *("similar_elements", "find_char_long", "common_in_nested_lists", "extract_singly", "larg_nnum"),
    *("intersection_array", "find_dissimilar", "Diff"),
)
"""MBPP's functions that return their values in any order, once or often."""
_OF_SOMETHING = ("check_str", "text_match_three", "text_starta_endb")
"""MBPP's functions that return a match where the reference returns one."""


def _agrees(of: str, function: str, given: Any, result: Any, expected: Any, tolerance: float) -> bool:
    """Return whether a result is right; some problems have several right ones."""
    try:
        if of == "humaneval" and function == "find_zero":
            return bool(abs(sum(each * math.pow(result, power) for power, each in enumerate(given[0]))) <= tolerance)
        exact = bool(result == expected)
        if of == "mbpp":
            exact = exact or _has_another_answer(function, given, result, tolerance)
            if function in _OF_SETS:
                exact = set(result) == set(expected)
            elif function in _OF_SOMETHING:
                expected = expected is not None
                exact = expected == (result if isinstance(result, bool) else result is not None)
        if exact or tolerance == 0:
            return exact
        return type(result) is type(expected) and _is_close(result, expected, tolerance)
    except Exception:  # results of other types than the reference's
        return False


def _has_another_answer(function: str, given: Any, result: Any, tolerance: float) -> bool:
    """Return whether a result is one that EvalPlus accepts beside the reference's."""
    if function == "are_equivalent":
        return True
    if function == "sum_div":
        return bool(result == 0)
    if function == "surface_Area":
        edge, height = given
        sides = 2 * edge * math.sqrt((edge / 2) ** 2 + height**2)
        return bool(abs(result - round(edge**2 + sides)) <= tolerance)
    if function == "digit_distance_nums":
        one, other = (str(each) for each in given)
        width = max(len(one), len(other))
        pairs = zip(one.zfill(width), other.zfill(width), strict=True)
        return bool(result == sum(abs(int(left) - int(right)) for left, right in pairs))
    return False


def _is_of_floats(value: Any) -> bool:
    if isinstance(value, float):
        return True
    return isinstance(value, (list, tuple)) and bool(value) and all(isinstance(each, float) for each in value)


def _is_close(result: Any, expected: Any, tolerance: float) -> bool:
    """Compare numbers, and lists of them at any depth, as numpy.allclose does with its relative tolerance of 1e-7."""
    if isinstance(expected, (list, tuple)):
        same = isinstance(result, (list, tuple)) and len(result) == len(expected)
        return same and all(_is_close(one, other, tolerance) for one, other in zip(result, expected, strict=True))
    if isinstance(result, (bool, int, float, complex)) and isinstance(expected, (bool, int, float, complex)):
        finite = math.isfinite(abs(expected))  # or any number would be as close as that
        return result == expected or (finite and bool(abs(result - expected) <= tolerance + 1e-7 * abs(expected)))
    return False
