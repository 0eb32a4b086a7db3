"""Runs code statement by statement, in the sandbox, so that what fails is missed only where it is used.

A step is graded with the code of the steps before it. What goes wrong there, such as an import of a package that is not
installed, leaves names undefined; it fails those later steps that use them, and no others. With only the standard
library.
"""

from __future__ import annotations
import __future__

import ast
import types
from collections.abc import Iterator
from typing import Any

_CAUGHT = ("BaseException", "Exception", "ImportError", "ModuleNotFoundError")
_BODIES = ("body", "orelse", "finalbody")


def statements(code: str, file: str) -> list[types.CodeType]:
    """Compile each statement of a program on its own; of an import each name.

    An import within a function or another statement that fails leaves its names undefined, unless the code handles that
    itself.

    Raises:
        SyntaxError, ValueError, RecursionError, MemoryError: It is not Python.
    """
    tree = ast.parse(code, file)
    futures = [each for each in tree.body if isinstance(each, ast.ImportFrom) and each.module == "__future__"]
    flags = 0
    for name in (alias.name for each in futures for alias in each.names):
        flags |= getattr(getattr(__future__, name, None), "compiler_flag", 0)
    tree.body = [each for each in tree.body if each not in futures]
    compile(tree, file, "exec", flags, dont_inherit=True)  # what is wrong anywhere runs nowhere
    _guard_inner_imports(tree.body)
    singles = [single for each in tree.body for single in _singly(each)]
    return [compile(ast.Module([each], []), file, "exec", flags, dont_inherit=True) for each in singles]


def run(compiled: list[types.CodeType], names: dict[str, Any]) -> BaseException | None:
    """Run statements one after the other, past those that fail; return the first error. Raises MemoryError."""
    first: BaseException | None = None
    for statement in compiled:
        try:
            exec(statement, names)
        except MemoryError:
            raise
        except (Exception, SystemExit) as error:
            if first is None:
                first = error.with_traceback(None)
    return first


def _singly(statement: ast.stmt) -> Iterator[ast.stmt]:
    """Yield an import as one import for each name, anything else as it is."""
    if isinstance(statement, ast.Import):
        for alias in statement.names:
            yield ast.copy_location(ast.Import([alias]), statement)
    elif isinstance(statement, ast.ImportFrom):
        for alias in statement.names:
            yield ast.copy_location(ast.ImportFrom(statement.module, [alias], statement.level), statement)
    else:
        yield statement


def _guard_inner_imports(body: list[ast.stmt]) -> None:
    """Let imports below the top level fail in silence; without recursion, since a chain of elif may be long."""
    waiting: list[tuple[list[ast.stmt], bool]] = [(body, False)]
    while waiting:
        block, inner = waiting.pop()
        if inner and any(isinstance(each, ast.Import | ast.ImportFrom) for each in block):
            block[:] = [_guarded(single) for each in block for single in _singly(each)]
        for statement in block:
            handlers = getattr(statement, "handlers", [])
            expected = any(_catches_import_errors(each) for each in handlers)
            for part in (statement, *handlers, *getattr(statement, "cases", [])):
                kept = part is statement and expected
                waiting.extend(
                    (getattr(part, name, None) or [], True) for name in _BODIES if not (kept and name == "body")
                )


def _catches_import_errors(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    return any(isinstance(each, ast.Name) and each.id in _CAUGHT for each in ast.walk(handler.type))


def _guarded(statement: ast.stmt) -> ast.stmt:
    if not isinstance(statement, ast.Import | ast.ImportFrom):
        return statement
    handler = ast.ExceptHandler(ast.Name("ImportError", ast.Load()), None, [ast.Pass()])
    return ast.fix_missing_locations(ast.copy_location(ast.Try([statement], [handler], [], []), statement))
