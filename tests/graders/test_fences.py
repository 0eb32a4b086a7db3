"""Fenced blocks are found where a person sees them."""

from __future__ import annotations

import itertools
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from northstar.graders.fences import before_marks, between_last_marks, fenced_blocks


def codes(text: str) -> list[str]:
    return [block.code for block in fenced_blocks(text)]


@pytest.mark.parametrize(
    "opening",
    [
        "```",
        "```python",
        "```python3",
        "```Python",
        "```PY",
        "``` python",
        '```py title="x.py"',
        "```{.python}",
        "```python, numbered",
        "~~~",
        "~~~python",
        "````python",
        "Assistant: ```python",
        "Here it is: ```py",
        "The program: ```",
        "- ```python",
        "1. ```python",
        "> ```python",
        "   ```python",
        "\t```python",
        "```python\r",
        "```python  ",
    ],
)
def test_a_block_opens(opening: str) -> None:
    marks = opening.strip().partition("`")[1] * 4 or "~~~"
    assert codes(f"{opening}\nx = 1\n{marks}\nDone.") == ["x = 1\n"]


@pytest.mark.parametrize(
    "line",
    [
        "Use `x` and ```inline``` marks.",
        "A line with ``` in it opens nothing.",
        "print('```')",
        'marks = """```',
        "two `` marks",
        "wrap it in ```solution",
        "```code```",
    ],
)
def test_no_block_opens(line: str) -> None:
    assert codes(f"{line}\nx = 1\n") == []


@pytest.mark.parametrize(
    "closing", ["```", "`````", "   ```", "``` ", "```\r", "``` That is all.", "``` It uses `x`.", "``` (end)"]
)
def test_a_block_closes(closing: str) -> None:
    assert [(block.code, block.closed) for block in fenced_blocks(f"```python\nx = 1\n{closing}\nProse.")] == [
        ("x = 1\n", True)
    ]


@pytest.mark.parametrize(
    "line",
    [
        "~~~",
        "``",
        "    ```",
        "s = '```'",
        "# ``` opens",
        "# `x`",
        "say('```python')",
        "    Usage: ```",
        "    So: ```py",
    ],
)
def test_a_block_goes_on(line: str) -> None:
    assert codes(f"```python\nx = 1\n{line}\ny = 2\n```") == [f"x = 1\n{line}\ny = 2\n"]


def test_marks_at_the_end_of_the_last_line_of_code_close() -> None:
    assert codes("```python\nx = 1\nprint(x)```\nProse.") == ["x = 1\nprint(x)\n"]


def test_a_longer_fence_holds_shorter_ones() -> None:
    assert codes('````\ns = """\n```\n"""\n````') == ['s = """\n```\n"""\n']


@pytest.mark.parametrize("language", ["markdown", "md"])
def test_a_block_of_markdown_stands_for_those_in_it(language: str) -> None:
    assert codes(f"````{language}\nSo:\n```python\nx = 1\n```\n````") == ["x = 1\n"]
    assert codes(f"```{language}\n# Title\n```") == ["# Title\n"]


def test_marks_with_a_language_break_off_the_block_before() -> None:
    found = fenced_blocks("```python\ndraft\n```python\nx = 1\n```")
    assert [(block.code, block.closed) for block in found] == [("draft\n", False), ("x = 1\n", True)]
    assert codes("```python\ndraft\nNo: ```python\nx = 1\n```") == ["draft\n", "x = 1\n"]


def test_an_unclosed_block_ends_with_the_text_or_at_marks_that_could_close_it() -> None:
    assert codes("```python\nx = 1") == ["x = 1\n"]
    assert codes("````python\nx = 1\n```\nProse.") == ["x = 1\n"]
    assert codes("```python\nx = 1\n      ```\nProse.") == ["x = 1\n"]


def test_code_after_the_language_is_the_first_line() -> None:
    assert codes("```python import math\nx = math.pi\n```") == ["import math\nx = math.pi\n"]
    assert codes("```python numbered lines\nx = 1\n```") == ["x = 1\n"]


def test_the_indentation_of_the_first_line_of_code_is_taken_off() -> None:
    assert codes("1. So:\n   ```py\n   if x:\n       y\n  z\n\n   ```") == ["if x:\n    y\nz\n\n"]
    assert codes("```py\n    # so\n    x = 1\n```") == ["# so\nx = 1\n"]
    assert codes("   ```py\nif x:\n    y\n   ```") == ["if x:\n    y\n"]


@pytest.mark.parametrize(
    ("language", "is_python", "is_foreign"),
    [
        ("python", True, False),
        ("Python3", True, False),
        ("py", True, False),
        ("python3.11", True, False),
        ("ipython", True, False),
        ("", False, False),
        ("solution", False, False),
        ("pycon", False, True),
        ("text", False, True),
        ("Bash", False, True),
        ("c++", False, True),
        ("pyramid", False, False),
    ],
)
def test_the_language_says_what_a_block_is(language: str, is_python: bool, is_foreign: bool) -> None:
    (block,) = fenced_blocks(f"```{language}\nx\n```")
    assert (block.is_python, block.is_foreign) == (is_python, is_foreign)


def test_livecodebench_reads_what_is_between_the_last_two_lines_with_marks() -> None:
    block = between_last_marks("```\na\n```\nSee ```x``` here:\nb\nc ``` d")
    assert block is not None
    assert (block.code, block.first, block.last) == ("b\n", 3, 5)
    assert between_last_marks("```python\nx = 1") is None


def test_what_is_before_all_marks() -> None:
    assert before_marks("x = 1\ny = '```'\n```\nz") == "x = 1\ny = '```'"
    assert before_marks("x = 1") == "x = 1"


@given(st.lists(st.sampled_from(["```", "````", "~~~", "python", "\n", "\n", " ", "a", "`", "'", "   "]), max_size=40))
def test_blocks_are_in_order_and_apart(parts: list[str]) -> None:
    text = "".join(parts)
    found = fenced_blocks(text)
    for one, other in itertools.pairwise(found):
        assert one.first < one.last <= other.first
    written = {character for character in text if character not in " \n"}
    assert {character for block in found for character in block.code} <= written | {" ", "\n"}


@pytest.mark.parametrize(
    "part",
    [
        "`",
        "```\n",
        "~~~\n",
        "```python\n",
        "x ```\n",
        "``` x ",
        "````\n```\n",
        "\n",
        " ",
        "```markdown\n~~~md\n",
        "'```",
    ],
)
def test_a_long_text_takes_no_long_time(part: str) -> None:
    began = time.process_time()
    fenced_blocks("```\n" + part * (200_000 // len(part)) + "\n```")
    assert time.process_time() - began < 4
