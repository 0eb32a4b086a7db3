"""The code of a step is the block that defines its function."""

from __future__ import annotations

from typing import Any

import pytest

from northstar.benchmarks.scicode.step_code import step_code, step_likeness
from northstar.core.records import Generation, Row

HEADER = "def ket(dim):\n    '''def other(x): ...'''"


@pytest.mark.parametrize(
    ("header", "code", "like"),
    [
        (HEADER, "def ket(dim):\n    return dim", 3),
        (HEADER, "import x\n\n\nasync  def ket (dim): ...", 3),
        (HEADER, "def ket(dim):\n    ...\n", 2),
        (HEADER, "def ket(dim):\n    # ... as before ...\n    return 1", 2),
        (HEADER, "ket = jit(_ket)", 1),
        (HEADER, "ket == 1", 0),
        (HEADER, "class Other:\n    def ket(self): ...", 0),
        (HEADER, "def kets(dim): ...", 0),
        (HEADER, "print(ket(1))", 0),
        ("class Slater:\n    def __init__(self): ...", "class Slater(Base):\n    x = 1", 3),
        ("class Slater:\n    def __init__(self): ...", "def __init__(self): ...", 0),
        ("", "def ket(dim): ...", 0),
    ],
)
def test_code_that_defines_the_steps_name_is_like_it(header: str, code: str, like: int) -> None:
    assert step_likeness(header)(code) == like


def coded(text: str, **fields: Any) -> str | None:
    row: Row = {
        "id": "1",
        "dependencies": "import numpy as np",
        "sub_steps": [{"step": "1.1", "header": "def one(x):"}, {"step": "1.2", "header": "def two(x):"}],
    }
    return step_code(row, 1, Generation(generation=text, **fields))


def test_examples_and_code_of_earlier_steps_are_left_out() -> None:
    first = "```python\ndef one(x): ...\n```\n"
    example = "```python\nimport numpy as np\nprint(two(np.eye(2)))\n```"
    assert coded(f"{first}```python\ndef two(x): return one(np.ones(x))\n```\n{example}") == (
        "def two(x): return one(np.ones(x))\n"
    )


def test_an_answer_that_is_an_error_has_no_code() -> None:
    assert coded("```python\ndef two(x): ...\n```", error="it failed") is None


def test_a_block_that_defines_something_else_is_taken_where_there_is_no_better_one() -> None:
    assert coded("```python\nraise NotImplementedError\n```") == "raise NotImplementedError\n"
    assert coded("I can't.") is None
