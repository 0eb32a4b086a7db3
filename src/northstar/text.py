"""Text that a file can hold, and text that a terminal can be shown."""

from __future__ import annotations


def storable(text: str) -> str:
    """The text with what no UTF-8 file can hold, lone surrogates, replaced by U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def printable(text: str) -> str:
    """The text without what could steer a terminal: escapes and other control characters become U+FFFD, lines stay."""
    return "".join(letter if letter.isprintable() or letter in "\n\t" else "\ufffd" for letter in text)
