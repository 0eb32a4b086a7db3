r"""Splits a step's tests in two: one half runs with the model's code, the other compares its values with the target.

A test of SciCode is Python that ends in `assert np.allclose(f(x), target)` or the like. Run unchanged, the model's code
could read the target, or replace np.allclose. So each test is rewritten: one half computes everything that does not
depend on the target (here: f(x)), the other half compares.

>>> split = split_tests(["x = 2\nassert np.allclose(f(x), target)"])
>>> split.making
['x = 2\n__values__.append([f(x)])']
>>> split.comparing
['assert np.allclose(__values__[0], target)']
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

TARGET, VALUES = "target", "__values__"
_DEFINITIONS = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)
_OWN_NAMES = (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_COMPARERS = frozenset(("allclose", "isclose", "array_equal", "array_equiv"))


@dataclass(frozen=True)
class SplitTests:
    """A source text per test in each half; `comparing` is empty for a test that compares nothing."""

    making: Sequence[str]
    comparing: Sequence[str]


def split_tests(tests: Iterable[str]) -> SplitTests:
    """Split the tests of a step, which share their variables like one file. Raises SyntaxError for invalid Python."""
    making: list[str] = []
    comparing: list[str] = []
    for text in tests:
        made, compared = _split(ast.parse(text))
        making.append(made)
        comparing.append(compared)
    return SplitTests(making, comparing)


def _split(test: ast.Module) -> tuple[str, str]:
    tainted = {TARGET}
    making: list[ast.stmt] = []
    comparing: list[ast.stmt] = []
    captured: list[ast.expr] = []
    for statement in test.body:
        if isinstance(statement, _DEFINITIONS):
            making.append(statement)
            comparing.append(statement)
        elif _mentions(statement, tainted):
            if not isinstance(statement, ast.Assert | ast.Expr):
                tainted |= _assigned(statement)
            reduced = _Reducer(tainted, captured).visit(statement)
            assert isinstance(reduced, ast.stmt)
            comparing.append(reduced)
        elif isinstance(statement, ast.Assert):
            comparing.append(ast.Assert(_Reducer(tainted, captured).opened(statement.test), statement.msg))
        else:
            making.append(statement)
    values = ast.List(captured, ast.Load())
    making.append(ast.Expr(ast.Call(ast.Attribute(ast.Name(VALUES, ast.Load()), "append", ast.Load()), [values], [])))
    compares = any(not isinstance(statement, _DEFINITIONS) for statement in comparing)
    return _text(making), _text(comparing) if compares else ""


class _Reducer(ast.NodeTransformer):
    """Replaces the largest expressions that don't depend on the target by captured values."""

    def __init__(self, tainted: set[str], captured: list[ast.expr]) -> None:
        self._tainted = tainted
        self._captured = captured
        self._own: list[set[str]] = []

    def visit(self, node: ast.AST) -> ast.AST:
        if isinstance(node, ast.expr) and not isinstance(getattr(node, "ctx", None), ast.Store):
            if isinstance(node, ast.Constant):
                return node
            if not self._own and not _mentions(node, self._tainted):
                return self._capture(node)
            if self._own and isinstance(node, ast.Name):
                return self._name(node)
            if isinstance(node, _OWN_NAMES):
                return self._with_own_names(node)
            if isinstance(node, ast.Call):
                return self._call(node)
        return self.generic_visit(node)

    def opened(self, node: ast.expr) -> ast.expr:
        """Capture the operands of a condition that doesn't depend on the target; the comparison stays outside."""
        if isinstance(node, ast.Compare):
            return ast.Compare(self.opened(node.left), node.ops, [self.opened(each) for each in node.comparators])
        if isinstance(node, ast.BoolOp):
            return ast.BoolOp(node.op, [self.opened(value) for value in node.values])
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in _COMPARERS:
            keywords = [ast.keyword(each.arg, self.opened(each.value)) for each in node.keywords]
            return ast.Call(node.func, [self.opened(each) for each in node.args], keywords)
        return node if isinstance(node, ast.Constant) else self._capture(node)

    def _capture(self, node: ast.expr) -> ast.expr:
        place = ast.Constant(len(self._captured))
        self._captured.append(node)
        return ast.Subscript(ast.Name(VALUES, ast.Load()), place, ast.Load())

    def _call(self, node: ast.Call) -> ast.AST:
        """Keep the function itself: np.allclose, one that the test defines, or a method of the target."""
        if _mentions(node.func, self._tainted) and not isinstance(node.func, ast.Name):
            node.func = self.generic_visit(node.func)  # type: ignore[assignment]
        node.args = [self.visit(each) for each in node.args]  # type: ignore[misc]
        for keyword in node.keywords:
            keyword.value = self.visit(keyword.value)  # type: ignore[assignment]
        return node

    def _with_own_names(self, node: ast.AST) -> ast.AST:
        """Within a comprehension capture only single names: its own variables have no value outside."""
        self._own.append({each.id for each in ast.walk(node) if isinstance(each, ast.Name) and _is_stored(each)})
        if isinstance(node, ast.Lambda):
            self._own[-1] |= {each.arg for each in ast.walk(node) if isinstance(each, ast.arg)}
        node = self.generic_visit(node)
        self._own.pop()
        return node

    def _name(self, node: ast.Name) -> ast.expr:
        known = node.id in self._tainted or hasattr(builtins, node.id) or any(node.id in own for own in self._own)
        return node if known else self._capture(node)


def _mentions(node: ast.AST, names: set[str]) -> bool:
    return any(isinstance(each, ast.Name) and each.id in names for each in ast.walk(node))


def _assigned(statement: ast.stmt) -> set[str]:
    return {each.id for each in ast.walk(statement) if isinstance(each, ast.Name) and _is_stored(each)}


def _is_stored(name: ast.Name) -> bool:
    return isinstance(name.ctx, ast.Store)


def _text(statements: list[ast.stmt]) -> str:
    return ast.unparse(ast.fix_missing_locations(ast.Module(statements, [])))
