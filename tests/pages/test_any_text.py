"""Whatever a text is, its HTML holds no element and no attribute but ours."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from northstar.pages.latex import MathTime
from northstar.pages.text import Span, shown_text

PIECES = (
    *("<script>", "</div>", "<img src=x onerror=a>", "&lt;", "&#x3c;", "<!--", "<![CDATA[", "'", '"', "`", "```", "\n"),
    *(
        "$",
        "$$",
        r"\(",
        r"\)",
        r"\[",
        r"\]",
        r"\begin{align}",
        r"\end{align}",
        r"\text{",
        r"\href{javascript:a}{",
        "}",
        "{",
    ),
    *(
        r"\frac",
        r"\color{red}",
        r"\style{",
        r"\boxed{",
        "^",
        "_",
        "&",
        r"\\",
        "#",
        "%",
        "\x00",
        "\x1b",
        "\u202e",
        "\ud800",
    ),
    *(
        "\ue000",
        "\ue001",
        "x",
        "1",
        "<",
        ">",
        "=",
        r"\lt",
        r"\class{",
        r"\unicode{",
        r"\left(",
        r"\right)",
        r"\mathrm{",
    ),
)
SPANS = {"div", "span", "mark", "code", "p"}
MATH = {
    "math",
    "mrow",
    "mi",
    "mn",
    "mo",
    "mtext",
    "mspace",
    "mfrac",
    "msqrt",
    "mroot",
    "menclose",
    "mphantom",
    "mstyle",
}
MATH |= {"msub", "msup", "msubsup", "munder", "mover", "munderover", "mtable", "mtr", "mtd", "mpadded", "ms", "none"}
MATH |= {"mmultiscripts", "mprescripts", "mlabeledtr"}
UNSAFE = ("on", "href", "src", "style", "id", "action", "xlink")


class Reader(HTMLParser):
    """Collects the elements and attributes of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.slow
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=40).map("".join), st.data())
def test_a_text_gets_no_element_in(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    marked = Span(start, data.draw(st.integers(start, len(text))))
    html = str(shown_text(text, marked=marked, most=data.draw(st.integers(1, 100)), math=MathTime()))
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert reader.tags <= SPANS | MATH
    assert not [name for name in reader.attributes if name.startswith(UNSAFE)]
    assert reader.open == []
    assert html.encode()
