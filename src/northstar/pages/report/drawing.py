"""Draws with matplotlib, and makes its SVG part of a page: colours of the page, a title, no styles of its own.

Matplotlib, because its SVG is static: without a script, so that the page's policy can forbid all of them.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from markupsafe import Markup, escape

from northstar.core.errors import NorthstarError

INK, LINE = "#0a00f0", "#0a00f1"
SERIES = tuple(f"#0a000{number}" for number in range(8))
"""Stand-ins that no chart has by chance: the page's own colours take their place."""
_COLOURS = {INK: "currentColor", LINE: "var(--line)"} | {each: f"var(--c{n})" for n, each in enumerate(SERIES)}
_ALONE = re.compile(
    r' id="(?:figure|axes|patch|line2d|matplotlib\.axis|xtick|ytick|text|legend|[A-Za-z]*Collection)_\d+"'
)
_LONGEST_LABEL = 40
_STYLE: Any = {
    "svg.fonttype": "none",
    "text.parse_math": False,  # a label is a text, whatever stands in it
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 10,
    "text.color": INK,
    "axes.edgecolor": LINE,
    "axes.labelcolor": INK,
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": LINE,
    "grid.linewidth": 0.6,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
    "figure.facecolor": "none",
    "figure.constrained_layout.use": True,
    "axes.unicode_minus": False,
    "axes.formatter.useoffset": False,
}


def check_installed() -> None:
    """Raise NorthstarError if matplotlib isn't installed."""
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise NorthstarError(
            "the charts of a report need the package matplotlib: pip install matplotlib, or uv pip install matplotlib "
            "in an environment that uv made, which has no pip. --format=markdown has none."
        ) from None


@contextmanager
def drawing() -> Iterator[Any]:
    """Yield matplotlib's Figure class, set up for charts of a page."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(_STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # the browser's fonts have it
        yield Figure


def svg(figure: Any, name: str, title: str, description: str) -> Markup:
    """Return a figure as an <svg> for an HTML page.

    Args:
        figure: Drawn within `drawing`.
        name: Unlike that of any other chart of the page.
        title: What it shows, for those who can't see it.
        description: What is to be seen in it.
    """
    import matplotlib

    file = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": name}):
        figure.savefig(file, format="svg", metadata={"Date": None})
    text = file.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>|<style[^>]*>.*?</style>|<!--.*?-->", "", text, flags=re.DOTALL)
    text = (
        re.sub(r' (?:width|height)="[0-9.]+pt"| xmlns(?::xlink)?="[^"]*"| version="1.1"', "", text[: text.index(">")])
        + (text[text.index(">") :])
    )
    text = _ALONE.sub("", text)
    for stand_in, colour in _COLOURS.items():
        text = text.replace(stand_in, colour)
    head, rest = text.split(">", 1)
    key = re.sub(r"\W", "-", name)
    named = Markup('<title id="{0}-t">{1}</title><desc id="{0}-d">{2}</desc>').format(
        key, label(title, 200), description
    )
    return Markup(f'{head} role="img" aria-labelledby="{escape(key)}-t {escape(key)}-d">{named}{rest}')


def label(text: str, most: int = _LONGEST_LABEL) -> str:
    """Return any text as a short label on one line, without characters that can't be seen."""
    line = "".join(character if character.isprintable() else "\ufffd" for character in text[: 2 * most])
    return line if len(line) <= most else f"{line[: most - 1]}…"
