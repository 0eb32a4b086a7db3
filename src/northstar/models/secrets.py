"""Keeps a key out of what is written or shown; servers have been seen to echo it, also escaped."""

from __future__ import annotations

import re

HIDDEN = "***"
SHORTEST_KEY = 8
"""Shorter ones, like EMPTY and token, stand for no key; to hide them would only garble what a server says."""


def without_key(text: str, key: str | None) -> str:
    """`text` with each occurrence of the key hidden, also where JSON's escapes stand for some of its characters."""
    if not key or len(key) < SHORTEST_KEY:
        return text
    if "\\" not in text:
        return text.replace(key, HIDDEN)
    return re.sub("".join(map(_escaped, key)), HIDDEN, text)


def _escaped(character: str) -> str:
    """A pattern for a character as it is, after a backslash, or as a Unicode escape."""
    return rf"(?:\\?{re.escape(character)}|\\(?i:u{ord(character):04x}))"
