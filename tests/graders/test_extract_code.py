"""The program is what the last fenced block holds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from northstar.graders.extract_code import extract_code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("```python\nprint(1)\n```", "print(1)\n"),
        ("```\na = 1\n```\nthen\n```py\nb = 2\n\nc = 3\n```\nDone.", "b = 2\n\nc = 3\n"),
        ("~~~python\na\n~~~", "a\n"),
        ("1. First\n\n   ```python\n   a\n   ```", "   a\n"),
        ('````\ns = """\n```\n"""\n````', 's = """\n```\n"""\n'),
        ("```python\na\n```\nand then ```python\nb", "a\n"),
        ("```python\na\n```\n```python\nb", "a\n"),
        ("```python\na draft\n\nNo. Again:\n```python\nb\n```", "b\n"),
        ("````markdown\n```python\na\n```\n````", "```python\na\n```\n"),
        ("Use `x` and ```inline``` marks.", None),
        ("```python\n```", None),
        ("```python\n \n```", None),
        ("print(1)", None),
        ("", None),
        ("```python\r\na\r\n```", "a\r\n"),
    ],
)
def test_the_last_closed_block(text: str, code: str | None) -> None:
    assert extract_code(text) == code


@given(st.text(alphabet="`~ab\n ", max_size=200))
def test_any_text_gives_a_part_of_it_or_nothing(text: str) -> None:
    code = extract_code(text)
    assert code is None or (code.strip() and code in text)


def test_a_long_text_of_fences_takes_no_long_time() -> None:
    assert extract_code("```\n" * 200_001 + "a\n```") is not None
