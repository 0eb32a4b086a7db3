"""Makes text safe for files and terminals, and formats counts and durations."""

from __future__ import annotations

_DAY = 24 * 60
"""Minutes."""


def storable(text: str) -> str:
    """Replace lone surrogates, which UTF-8 cannot hold, with U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def counted(number: int, noun: str, several: str = "") -> str:
    """Format a number with its noun; `several` is an irregular plural.

    >>> counted(1, "row"), counted(2, "row"), counted(2, "retry", "retries")
    ('1 row', '2 rows', '2 retries')
    """
    return f"{number} {noun if number == 1 else several or f'{noun}s'}"


def three_digits(number: float) -> str:
    """Format a quantity that isn't negative with the three digits that matter, and none of a power of ten.

    >>> three_digits(0.12345), three_digits(3.1), three_digits(12345.6), three_digits(1e-5), three_digits(0)
    ('0.123', '3.1', '12,346', '<0.0001', '0')
    """
    if 0 < number < 0.0001:
        return "<0.0001"
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"


def size_in_words(size: int | None) -> str:
    """Format a number of bytes for people; None is one that nobody knows.

    >>> size_in_words(812), size_in_words(12_345), size_in_words(4_200_000_000), size_in_words(None)
    ('812 bytes', '12 kB', '4.2 GB', 'of unknown size')
    """
    if size is None:
        return "of unknown size"
    for unit, many in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= many:
            return f"{size / many:.{1 if size < 10 * many else 0}f} {unit}"
    return f"{size} bytes"


def duration(seconds: float) -> str:
    """Format a duration for people.

    >>> duration(45), duration(720), duration(12000), duration(432000)
    ('45 s', '12 min', '3 h 20 min', '5 days')
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes >= 3 * _DAY:
        return f"{round(minutes / _DAY):,} days"
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02d} min"


def printable(text: str) -> str:
    """Replace escapes and other control characters, which could steer a terminal, with U+FFFD; keep lines and tabs."""
    return "".join(letter if letter.isprintable() or letter in "\n\t" else "\ufffd" for letter in text)
