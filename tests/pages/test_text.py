r"""What a model wrote becomes HTML that shows all of it and does nothing."""

from __future__ import annotations

import pytest

from northstar.pages.latex import MathTime
from northstar.pages.text import Span, first_line, shown_text


def inner(text: str, **told: object) -> str:
    html = str(shown_text(text, math=MathTime(), **told))  # type: ignore[arg-type]
    return html.removeprefix('<div class="text" dir="auto">').removesuffix("</div>")


def test_tags_are_text() -> None:
    assert inner('<img src=x onerror="alert(1)">') == "&lt;img src=x onerror=&#34;alert(1)&#34;&gt;"


def test_a_bidi_mark_is_seen() -> None:
    assert inner("a\u202eb") == 'a<span class="hidden" title="U+202E RIGHT-TO-LEFT OVERRIDE">[U+202E]</span>b'


def test_an_ansi_escape_is_seen() -> None:
    assert inner("\x1b[31mred") == '<span class="hidden" title="U+001B">[ESC]</span>[31mred'


def test_a_run_of_hidden_characters_is_one_mark() -> None:
    assert inner("\x00" * 1000).count("<span") == 1


def test_a_lone_surrogate_is_seen() -> None:
    assert "[U+D800]" in inner("\ud800")


@pytest.mark.parametrize("text", [r"\(x\)", r"$x$", r"$$x$$", r"\[x\]", r"\begin{align}x\end{align}"])
def test_formulas_are_drawn(text: str) -> None:
    assert "<math" in inner(text)


@pytest.mark.parametrize("text", ["$5 and $6", r"\$x$", "costs $20 (or $30)", "```\n$x$\n```", r"\( x"])
def test_money_code_and_what_never_closes_are_left_alone(text: str) -> None:
    assert "<math" not in inner(text)


def test_a_displayed_formula_leaves_no_empty_line_below() -> None:
    assert inner("$$x$$\ny").endswith("</math>y")


def test_the_answer_is_marked() -> None:
    assert inner("so 5", marked=Span(3, 4), how="here") == 'so <mark class="extracted" title="here">5</mark>'


def test_an_answer_within_a_formula_marks_the_formula() -> None:
    assert inner(r"$\boxed{5}$", marked=Span(8, 9)).startswith('<mark class="extracted"')


def test_a_long_text_shows_its_ends_and_its_answer_and_says_so() -> None:
    html = str(shown_text("a" * 40_000 + "5" + "b" * 40_000, marked=Span(40_000, 40_001), most=1000))
    assert "shown: 3,001 of 80,001 characters" in html
    assert ">5</mark>" in html


@pytest.mark.parametrize(
    "text", [r"\(" * 500_000, "$a" * 500_000, "```" * 300_000, "\x1b" * 1_000_000, "{" * 1_000_000]
)
def test_five_megabytes_of_anything_make_a_page_of_bounded_length(text: str) -> None:
    assert len(inner(text)) < 1_000_000


def test_a_list_shows_the_beginning_on_one_line() -> None:
    assert first_line("a\n b" * 1000, 5) == "a ba …"
