"""Text that a file can hold, that a terminal can be shown, and that people say: counts and durations."""

from __future__ import annotations

_DAY = 24 * 60
"""Minutes."""


def storable(text: str) -> str:
    """The text with what no UTF-8 file can hold, lone surrogates, replaced by U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def counted(number: int, noun: str, several: str = "") -> str:
    """'1 row', '2 rows'; `several` is the plural that is not made by an s: '2 retries'."""
    return f"{number} {noun if number == 1 else several or f'{noun}s'}"


def duration(seconds: float) -> str:
    """45 s, 12 min, 3 h 20 min, 5 days."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes >= 3 * _DAY:
        return f"{round(minutes / _DAY):,} days"
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02d} min"


def printable(text: str) -> str:
    """The text without what could steer a terminal: escapes and other control characters become U+FFFD, lines stay."""
    return "".join(letter if letter.isprintable() or letter in "\n\t" else "\ufffd" for letter in text)
