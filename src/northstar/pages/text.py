"""Turns what a model wrote into safe HTML: escaped, bounded, formulas drawn, hidden characters made visible."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from markupsafe import Markup, escape

from northstar.pages.latex import LONGEST_FORMULA, MathTime, mathml

MOST_SHOWN = 50_000
"""Characters of a text that are shown; of a longer one its beginning, its end, and what surrounds its answer."""
_TAIL, _AROUND = 10_000, 1_000

_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]+"
)
"""Control and ANSI characters, bidi marks, invisible ones, tags, lone surrogates; not the joiners that scripts need."""
_LONGEST_RUN = 40
_CONTROLS = (
    *("NUL", "SOH", "STX", "ETX", "EOT", "ENQ", "ACK", "BEL", "BS", "HT", "LF", "VT", "FF", "CR", "SO", "SI"),
    *("DLE", "DC1", "DC2", "DC3", "DC4", "NAK", "SYN", "ETB", "CAN", "EM", "SUB", "ESC", "FS", "GS", "RS", "US"),
)
_OPENER = re.compile(r"```|\\\\|\\\$|\\\(|\\\[|\$\$|\$|\\begin\{(?P<name>(?:equation|align|gather|multline)\*?)\}")
_WIDE = 40
"""Characters of LaTeX from which a displayed formula may be wider than its page."""
_SCROLLED = Markup('<span class="wide-formula" role="group" aria-label="formula" tabindex="0">{}</span>')
_CLOSER = {r"\(": r"\)", r"\[": r"\]", "$$": "$$", "$": "$"}


class Span(NamedTuple):
    """A part of a text, as of its characters."""

    start: int
    end: int


def visible(text: str) -> Markup:
    r"""Escape a text and make hidden characters visible.

    >>> print(visible("<b>\x1b[31m"))
    &lt;b&gt;<span class="hidden" title="U+001B">[ESC]</span>[31m
    """
    parts: list[Markup] = []
    end = 0
    for found in _HIDDEN.finditer(text.replace("\r\n", "\n")):
        parts += [escape(found.string[end : found.start()]), _pictures(found[0])]
        end = found.end()
    return Markup("").join([*parts, escape(text.replace("\r\n", "\n")[end:])])


def _pictures(run: str) -> Markup:
    first = ord(run[0])
    title = f"U+{first:04X} {unicodedata.name(run[0], '')}".rstrip()
    if len(run) > 1:
        title += f" and {len(run) - 1:,} more"
    shown = "".join(map(_picture, run[:_LONGEST_RUN])) + ("…" if len(run) > _LONGEST_RUN else "")
    return Markup('<span class="hidden" title="{}">{}</span>').format(title, shown)


def _picture(character: str) -> str:
    code = ord(character)
    return f"[{_CONTROLS[code]}]" if code < len(_CONTROLS) else f"[U+{code:04X}]"


def shown_text(
    text: str, *, marked: Span | None = None, most: int = MOST_SHOWN, math: MathTime | None = None, how: str = ""
) -> Markup:
    """Return a text as a block of HTML.

    Args:
        text: Whatever a model wrote.
        marked: What was taken for the answer, marked in it.
        most: How many characters to show; a longer text shows its beginning, its end and what surrounds `marked`.
        math: Draw formulas, within this time; None shows them as written.
        how: Title of the mark: how the answer was found.
    """
    windows = _windows(len(text), marked, most)
    blocks: list[Markup] = []
    if (shown := sum(window.end - window.start for window in windows)) < len(text):
        blocks.append(Markup('<p class="note">shown: {:,} of {:,} characters</p>').format(shown, len(text)))
    end = 0
    for window in windows:
        if window.start > end:
            blocks.append(Markup('<p class="gap">… {:,} characters left out …</p>').format(window.start - end))
        inner = Markup("").join(_pieces(text, window, marked, math, how))
        blocks.append(Markup('<div class="text" dir="auto">{}</div>').format(inner))
        end = window.end
    if end < len(text):
        blocks.append(Markup('<p class="gap">… {:,} characters left out …</p>').format(len(text) - end))
    return Markup("").join(blocks)


def first_line(text: str, most: int = 200) -> Markup:
    """Return the beginning of a text on one line, for lists."""
    line = " ".join(text[: most * 2].split())
    return visible(line[:most] + ("…" if len(line) > most or len(text) > most * 2 else ""))


def _windows(length: int, marked: Span | None, most: int) -> list[Span]:
    """Return the parts of a text to show, in order."""
    if length <= most:
        return [Span(0, length)]
    tail = min(_TAIL, most // 5)
    wanted = [Span(0, most - tail), Span(length - tail, length)]
    if marked is not None:
        wanted.append(Span(max(0, marked.start - _AROUND), min(length, min(marked.end, marked.start + most) + _AROUND)))
    merged: list[Span] = []
    for each in sorted(wanted):
        if merged and each.start <= merged[-1].end:
            merged[-1] = Span(merged[-1].start, max(merged[-1].end, each.end))
        else:
            merged.append(each)
    return merged


def _pieces(text: str, window: Span, marked: Span | None, math: MathTime | None, how: str) -> Iterator[Markup]:
    """Yield the window's text with its formulas and blocks of code."""
    below = False  # what stands on lines of its own
    for start, end, formula, display in _formulas(text, window):
        whole = Span(start + (below and text[start] == "\n"), end)
        below = False
        if formula is None:
            yield from _plain(text, whole, marked, how)
            continue
        if formula.startswith("```"):
            inner = Markup("").join(_plain(text, whole, marked, how))
            yield Markup('<code class="fence">{}</code>').format(inner)
            below = True
            continue
        drawn = None if math is None else mathml(formula, math, display=display)
        below = drawn is not None and display
        if drawn is not None and below and len(formula) > _WIDE:
            drawn = _SCROLLED.format(drawn)
        if drawn is None:
            yield from _plain(text, whole, marked, how)
        elif marked is not None and marked.start < end and start < marked.end:
            yield _mark(drawn, how)
        else:
            yield drawn


def _plain(text: str, part: Span, marked: Span | None, how: str) -> Iterator[Markup]:
    if marked is None or marked.end <= part.start or part.end <= marked.start:
        yield visible(text[part.start : part.end])
        return
    start, end = max(part.start, marked.start), min(part.end, marked.end)
    yield visible(text[part.start : start])
    yield _mark(visible(text[start:end]), how)
    yield visible(text[end : part.end])


def _mark(inner: Markup, how: str) -> Markup:
    return Markup('<mark class="extracted" title="{}">{}</mark>').format(how or "taken for the answer", inner)


def _formulas(text: str, window: Span) -> Iterator[tuple[int, int, str | None, bool]]:
    """Yield the parts of a window: start, end, the formula or block of code (None: plain text), whether displayed."""
    place = done = window.start
    while (found := _OPENER.search(text, place, window.end)) is not None:
        place = found.end()
        closed = _closed(text, found, window.end)
        if closed is None:
            continue
        inner_end, end = closed
        if found.start() > done:
            yield done, found.start(), None, False
        if found[0] == "```":
            yield found.start(), end, text[found.start() : end], False
        else:
            whole = text[found.start() : end] if found["name"] else text[found.end() : inner_end]
            yield found.start(), end, whole, found[0] not in (r"\(", "$")
        place = done = end
    if done < window.end:
        yield done, window.end, None, False


def _closed(text: str, opener: re.Match[str], most: int) -> tuple[int, int] | None:
    """Return where a formula's content ends and where it ends; None if this opens none. Takes bounded time."""
    start, kind = opener.end(), opener[0]
    if kind == "```":
        end = text.find("```", start, most)
        return (most, most) if end < 0 else (end, end + 3)
    closer = rf"\end{{{opener['name']}}}" if opener["name"] else _CLOSER.get(kind)
    if closer is None:
        return None
    end = text.find(closer, start, min(most, start + LONGEST_FORMULA + len(closer)))
    if end <= start:
        return None
    inner = text[start:end]
    if kind == "$" and (
        inner[0].isspace() or inner[-1] in " \t\n\\" or text[end + 1 : end + 2].isdigit() or "\n\n" in inner
    ):
        return None  # money, or an escaped dollar sign
    return end, end + len(closer)
