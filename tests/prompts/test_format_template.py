"""Texts with fields in single braces are filled as `str.format` fills them, or refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from northstar.prompts.format_template import format_template
from northstar.prompts.renderer import TemplateFails

VALUES = {"a": "{b}", "b": "x{{y}}", "problem": "\\boxed{1}"}


@given(st.text(alphabet="{}ab .[]!:0\\\n", max_size=12))
def test_any_text_is_filled_as_by_str_format_or_refused(text: str) -> None:
    try:
        template = format_template(text)
    except TemplateFails:
        return
    if set(template.fields) <= VALUES.keys():
        assert template.render(VALUES) == text.format(**VALUES)


def test_braces_in_a_value_stay_as_they_are() -> None:
    assert format_template("{a} {problem}").render(VALUES) == "{b} \\boxed{1}"


@pytest.mark.parametrize("text", ["{a.b}", "{a[0]}", "{a!r}", "{a:9}", "{}", "{0}", "{a", "a}", "{ a }", "{a:{b}}"])
def test_what_is_no_plain_name_is_refused(text: str) -> None:
    with pytest.raises(TemplateFails, match="literal braces are doubled"):
        format_template(text)
