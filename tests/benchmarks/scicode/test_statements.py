"""Statements run one after the other; what fails is missed only where it is used."""

from __future__ import annotations

import textwrap
from typing import Any

import pytest

from northstar.benchmarks.scicode.statements import run, statements


def ran(code: str) -> tuple[dict[str, Any], BaseException | None]:
    names: dict[str, Any] = {}
    return names, run(statements(textwrap.dedent(code), "step.py"), names)


def test_what_does_not_fail_runs_as_it_would() -> None:
    names, error = ran("x = 1\ndef f():\n    return x\nx = f() + 1\nfor y in range(3): x += y")
    assert (names["x"], error) == (5, None)


@pytest.mark.parametrize(
    ("failing", "kind"),
    [
        ("import no_such_module", ModuleNotFoundError),
        ("from math import no_such_name", ImportError),
        ("print(undefined)", NameError),
        ("1 / 0", ZeroDivisionError),
        ("raise SystemExit", SystemExit),
        ("class A(undefined): ...", NameError),
        ("@undefined\ndef f(): ...", NameError),
    ],
)
def test_a_statement_that_fails_is_passed_over_and_its_error_kept(failing: str, kind: type[BaseException]) -> None:
    names, error = ran(f"x = 1\n{failing}\ny = undefined_too\nz = x + 1")
    assert (names["z"], type(error)) == (2, kind)


def test_each_name_of_an_import_is_had_or_not() -> None:
    names, _ = ran("import no_such_module as a, math as b\nfrom math import no_such_name, pi as c\nfrom math import *")
    assert (names["b"].pi, names["c"], names["tau"] > 6, "a" in names) == (names["c"], names["pi"], True, False)


@pytest.mark.parametrize(
    "code",
    [
        "def f():\n    IMPORT\n    return 1",
        "if True:\n    IMPORT\n    f = lambda: 1",
        "class A:\n    IMPORT\n    def f(self):\n        IMPORT\n        return 1\nf = A().f",
        "def f():\n    while True:\n        with open('/dev/null'):\n            IMPORT\n        return 1",
        "def f():\n    try:\n        IMPORT\n    finally:\n        return 1",
        "def f():\n    match 1:\n        case 1:\n            IMPORT\n            return 1",
        "def f():\n    try:\n        IMPORT\n        return 1\n    except (ValueError, TypeError):\n        pass",
        "def f():\n    try:\n        1 / 0\n    except ZeroDivisionError:\n        IMPORT\n        return 1",
    ],
)
@pytest.mark.parametrize("failing", ["import no_such_module, math", "from no_such_module import a, b"])
def test_an_inner_import_that_fails_is_passed_over(code: str, failing: str) -> None:
    names, error = ran(code.replace("IMPORT", failing))
    assert (error, names["f"]()) == (None, 1)


def test_what_an_inner_import_lacks_is_missed_where_it_is_used() -> None:
    names, _ = ran("def f():\n    import no_such_module\n    return no_such_module.x")
    with pytest.raises(NameError):
        names["f"]()


@pytest.mark.parametrize("caught", ["", " ImportError", " (ValueError, ModuleNotFoundError) as error", " Exception"])
def test_code_that_expects_an_import_to_fail_sees_it_fail(caught: str) -> None:
    attempt = f"try:\n    import no_such_module\nexcept{caught}:\n    x = 1\n"
    names, error = ran(f"{attempt}def f():\n{textwrap.indent(attempt, '    ')}    return x")
    assert (names["x"], names["f"](), error) == (1, 1, None)


def test_future_imports_hold_for_all_statements_wherever_they_stand() -> None:
    names, error = ran("import math\nfrom __future__ import annotations\ndef f(x: undefined) -> undefined: ...")
    assert (names["f"].__annotations__, error) == ({"x": "undefined", "return": "undefined"}, None)


@pytest.mark.parametrize("code", ["x = 1\ny =", "x = 1\nreturn x", "x = 1\nbreak", "x = 1\n  y = 2"])
def test_of_what_is_no_python_nothing_runs(code: str) -> None:
    with pytest.raises(SyntaxError):
        statements(code, "step.py")


def test_a_long_chain_of_conditions_is_no_deep_recursion() -> None:
    chain = "def f(x):\n    if x == 0:\n        return 0\n"
    chain += "".join(f"    elif x == {n}:\n        import no_such_module\n        return {n}\n" for n in range(1, 90))
    names, error = ran(chain)
    assert (error, names["f"](80)) == (None, 80)


def test_memory_that_runs_out_ends_the_program() -> None:
    with pytest.raises(MemoryError):
        ran("raise MemoryError")
