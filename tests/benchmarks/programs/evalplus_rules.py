"""Compares our rules with those of the package evalplus: python -m tests.benchmarks.programs.evalplus_rules PACKAGES.

PACKAGES is a folder with evalplus. Its checks run in this process, without what it does against hostile programs. Each
difference is printed, and in the end how many comparisons there were.
"""

from __future__ import annotations

import builtins
import importlib
import json
import random
import sys
import types
from typing import Any

from northstar.graders.functions import inside
from northstar.graders.functions.plus import shape_of

NUMBERS: list[Any] = [
    0,
    1,
    2,
    -1,
    1.0,
    0.3,
    0.1 + 0.2,
    0.3000001,
    1 + 1e-9,
    float("nan"),
    float("inf"),
    10**30,
    1e30,
    1 + 2j,
]
OTHERS: list[Any] = [True, False, None, "a", "", {1, 2}, {"a": 1.0}, {"a": 1.0000000001}]
LISTS: list[Any] = [
    [],
    (),
    [1, 2],
    (1, 2),
    [2, 1],
    [1, 2, 2],
    [1.0, 2.0],
    (1.0, 2.0),
    [1.0, 2.0000001],
    ["a", 1.0],
    [None],
]
NESTED: list[Any] = [[[1.0, 2.0], [3.0]], [[1.0, 2.0], [3.0, 4.0]], [[1.0, 2.0], [3.0, 4.0000000001]], [True, 1.0]]
VALUES = NUMBERS + OTHERS + LISTS + NESTED
FUNCTIONS = (
    *("f", "find_zero", "similar_elements", "Diff", "check_str", "are_equivalent", "sum_div", "surface_Area"),
    "digit_distance_nums",
)
ARGUMENTS: list[Any] = [
    *([[[1, 2], [3, 4]], [[5, 6]]], [[[1, 2], [3]], 7], [[1, 2], [3, 4]], [[1, 2], 3], [[[1], [], {"a": 1}]]),
    *(
        ["1.5", "(1+2j)"],
        ["(3+4j)"],
        [{"a": [1, 2]}, 2],
        [[1, [2, 3], 4]],
        [[[[1, 2], [3, 4]], [[5, 6]]]],
        [3, [1, 2]],
        [5],
    ),
]


class _Value:
    value: Any = 0


def main() -> None:
    checks, mbpp = _evalplus(sys.argv[1])
    count = _compare_results(checks) + _compare_arguments(mbpp)
    print(count)


def _evalplus(packages: str) -> tuple[Any, Any]:
    """Return its checks and its rows of MBPP, without what it needs to fetch and to contain."""
    for name in ("wget", "tempdir", "appdirs", "psutil"):
        sys.modules[name] = types.ModuleType(name)
    sys.modules["appdirs"].user_cache_dir = lambda *_: packages  # type: ignore[attr-defined]
    for name in ("evalplus", "evalplus.data"):
        sys.modules[name] = types.ModuleType(name)
        sys.modules[name].__path__ = [f"{packages}/{name.replace('.', '/')}"]
    mbpp = importlib.import_module("evalplus.data.mbpp")
    checks: Any = importlib.import_module("evalplus.eval")
    checks.reliability_guard = lambda **_: None
    checks.query_maximum_memory_bytes = lambda: None
    return checks, mbpp


def _compare_results(checks: Any) -> int:
    random.seed(1)
    count = 0
    for of in ("humaneval", "mbpp"):
        for function in FUNCTIONS:
            for _ in range(60):
                pairs = [(each if random.random() < 0.3 else random.choice(VALUES), each) for each in _drawn()]
                tolerance = random.choice([0, 0, 1e-6, 0.1])
                given = {"find_zero": [[1, 2]], "surface_Area": [3, 4], "digit_distance_nums": [3, 4]}.get(
                    function, [0]
                )
                theirs = _theirs(checks, of, function, pairs, given, tolerance)
                mine = _mine(of, function, pairs, given, tolerance)
                count += 1
                if mine != theirs:
                    print(of, function, tolerance, pairs, theirs, mine)
    return count


def _drawn() -> list[Any]:
    return random.choices(VALUES, k=random.randint(1, 4))


def _theirs(checks: Any, of: str, function: str, pairs: Any, given: Any, tolerance: float) -> list[bool]:
    builtins.results = iter([result for result, _ in pairs])  # type: ignore[attr-defined]
    code = f"import builtins\ndef {function}(*given):\n    return next(builtins.results)\n"
    something = of == "mbpp" and function == "check_str"  # of these it keeps only whether the reference returns any
    expected = [each is not None if something else each for _, each in pairs]
    found = [False] * len(pairs)
    inputs, times = [given] * len(pairs), [5] * len(pairs)
    checks.unsafe_execute(of, function, code, inputs, expected, times, tolerance, False, _Value(), found, _Value())
    return [bool(each) for each in found]


def _mine(of: str, function: str, pairs: Any, given: Any, tolerance: float) -> list[bool]:
    found = []
    for result, expected in pairs:
        if tolerance == 0 and inside._is_of_floats(expected) and (of, function) != ("humaneval", "find_zero"):
            tolerance = 1e-6
        received = inside._value(json.loads(json.dumps(inside._tree(result))))
        found.append(inside._agrees(of, function, given, received, expected, tolerance))
    return found


def _compare_arguments(mbpp: Any) -> int:
    """Of arguments that do not fit a problem, nothing is said."""
    count = 0
    for number in range(1, 1000):
        for given in ARGUMENTS:
            try:
                (theirs,) = mbpp.mbpp_deserialize_inputs(f"Mbpp/{number}", [given])
                mine = inside._as_given(given, shape_of(f"Mbpp/{number}"))
            except (TypeError, ValueError, IndexError, AttributeError):
                continue
            count += 1
            if repr(list(mine)) != repr(list(theirs)):
                print(number, given, theirs, mine)
    return count


if __name__ == "__main__":
    main()
