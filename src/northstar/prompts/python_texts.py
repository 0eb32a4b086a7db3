"""Reads texts out of Python files of others, which are parsed and never run."""

from __future__ import annotations

import ast


def texts_in(content: bytes) -> dict[str, str]:
    """Return each name that is given a plain text anywhere in a Python file, with the last such text.

    Raises ValueError that says why it is not valid Python.

    >>> texts_in(b"class A:\\n    FORM = 'Answer: ' 'X'\\nN = 1")
    {'FORM': 'Answer: X'}
    """
    try:
        tree = ast.parse(content)
    except (SyntaxError, RecursionError, MemoryError) as error:
        raise ValueError(f"it is not valid Python: {getattr(error, 'msg', None) or type(error).__name__}") from None
    return {
        target.id: node.value.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
