"""A step's tests in two halves: what needs the model's code, and what needs the target."""

from __future__ import annotations

import pytest

from northstar.benchmarks.scicode.split_tests import split_tests


def split_one(test: str) -> tuple[str, str]:
    found = split_tests([test])
    return found.making[0], found.comparing[0]


@pytest.mark.parametrize(
    ("test", "values", "comparing"),
    [
        ("assert np.allclose(f(x), target)", "[f(x)]", "assert np.allclose(__values__[0], target)"),
        ("assert (f(x) > 0) == target", "[f(x) > 0]", "assert __values__[0] == target"),
        ("assert np.allclose(f(x), target, atol=tol)", "[f(x), tol]", None),
        (
            "assert np.allclose(f(x)[0], target[0]) and np.allclose(f(x)[1], target[1])",
            "[f(x)[0], f(x)[1]]",
            "assert np.allclose(__values__[0], target[0]) and np.allclose(__values__[1], target[1])",
        ),
        (
            "a, b = target\nassert a == f(x) and np.isclose(b, 1)",
            "[f(x)]",
            "a, b = target\nassert a == __values__[0] and np.isclose(b, 1)",
        ),
        ("assert (a, b) == target", "[(a, b)]", "assert __values__[0] == target"),
        (
            "assert np.isclose(v, 1).any() == target.any()",
            "[np.isclose(v, 1).any()]",
            "assert __values__[0] == target.any()",
        ),
        (
            "assert all((i > 5 for i in f(x))) == target",
            "[all((i > 5 for i in f(x)))]",
            "assert __values__[0] == target",
        ),
        ("assert all((v < n for v in target))", "[n]", "assert all((v < __values__[0] for v in target))"),
        ("assert f(x) == None", "[f(x)]", "assert __values__[0] == None"),
        ("assert np.allclose(f(x), [1, 2])", "[f(x), [1, 2]]", "assert np.allclose(__values__[0], __values__[1])"),
    ],
)
def test_what_does_not_need_the_target_is_made_and_the_rest_compares(
    test: str, values: str, comparing: str | None
) -> None:
    made, compared = split_one(test)
    assert made == f"__values__.append({values})"
    assert comparing is None or compared == comparing


def test_statements_before_the_comparison_are_the_programs() -> None:
    made, compared = split_one("x = 2\ny = f(x)\nassert np.allclose(y, target)")
    assert made == "x = 2\ny = f(x)\n__values__.append([y])"
    assert compared == "assert np.allclose(__values__[0], target)"


def test_imports_and_functions_of_a_test_are_known_on_both_sides() -> None:
    made, compared = split_one(
        "from m import same\ndef close(a, b):\n    return same(a, b)\nassert close(f(1), target)"
    )
    assert made.startswith("from m import same\n\ndef close")
    assert compared.startswith("from m import same\n\ndef close")
    assert compared.endswith("assert close(__values__[0], target)")


def test_a_test_that_compares_inside_of_a_function_is_the_programs() -> None:
    made, compared = split_one("def check():\n    assert f(1) == 2\ncheck()")
    assert (made.endswith("check()\n__values__.append([])"), compared) == (True, "")


def test_a_name_in_a_comprehension_is_not_the_targets() -> None:
    _, compared = split_one("assert np.allclose(g(np.array([j for j in range(3)])), target)\n")
    assert compared == "assert np.allclose(__values__[0], target)"


def test_each_test_has_values_of_its_own() -> None:
    found = split_tests(["assert f(1) == target", "assert f(2) == target"])
    assert list(found.comparing) == ["assert __values__[0] == target"] * 2


def test_no_call_of_the_program_is_left_to_what_compares() -> None:
    _, compared = split_one("assert np.allclose(f(g(1)) + f(2), target + 1) or f(3) == target")
    assert "f(" not in compared
