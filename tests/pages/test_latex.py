r"""Formulas become MathML, and nothing else of them reaches the page."""

from __future__ import annotations

import pytest

from northstar.pages.latex import MathTime, mathml


def drawn(formula: str) -> str | None:
    return mathml(formula, MathTime())


def test_a_fraction_is_drawn() -> None:
    assert drawn(r"\frac{1}{2}") == (
        '<math display="inline"><mrow><mfrac><mrow><mn>1</mn></mrow><mrow><mn>2</mn></mrow></mfrac></mrow></math>'
    )


def test_text_in_a_formula_is_no_html() -> None:
    assert "<mtext>&lt;script&gt;alert(1)&lt;/script&gt;</mtext>" in str(drawn(r"\text{<script>alert(1)</script>}"))


@pytest.mark.parametrize(
    "formula",
    [
        r"\href{javascript:alert(1)}{x}",
        r"\style{background:url(//evil.example)}{x}",
        r'\color{red" onclick="alert(1)}x',
        r"\class{evil}{x}",
    ],
)
def test_links_styles_and_handlers_are_left_out(formula: str) -> None:
    html = str(drawn(formula))
    assert not any(word in html for word in ("href", "style=", "onclick=", "class=", "javascript:"))


def test_a_formula_that_refers_to_an_entity_hides_no_direction_mark() -> None:
    assert "\u202e" not in str(drawn(r"\text{&#x202E;}"))


@pytest.mark.parametrize(
    "formula", ["{" * 1_000_000, "{" * 30 + "x" + "}" * 30, r"\frac{", r"x^", "", "a" * 2001, "\x1b"]
)
def test_what_cannot_be_drawn_is_none(formula: str) -> None:
    assert drawn(formula) is None


def test_beyond_its_time_formulas_are_left_as_they_are_and_counted() -> None:
    time = MathTime(seconds=0)
    assert (mathml("x", time), time.skipped) == (None, 1)
