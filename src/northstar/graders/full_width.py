"""Reads full-width characters as the narrow ones that they stand for."""

from __future__ import annotations

_NARROW = {
    **{0xFF21 + place: chr(0x41 + place) for place in range(26)},  # Ａ
    **{0xFF41 + place: chr(0x61 + place) for place in range(26)},  # ａ
    **dict(zip(map(ord, "：（）．，［］＝＊＜＞"), ":().,[]=*<>", strict=True)),
    **dict.fromkeys(map(ord, "\u200b\u200e\u200f\u202a\u202b\u202c\u2066\u2067\u2068\u2069\ufeff"), "|"),
    **dict.fromkeys(map(ord, "\u00a0\u202f\u2009\u3000"), " "),
}
"""Characters that are read as others. One stands for one, so that places in a text stay what they are."""


def narrow(text: str) -> str:
    """Return the text with each such character replaced, and with a bar for each that is not seen; as long as before.

    >>> narrow("答案：（Ｃ）")
    '答案:(C)'
    """
    return text if text.isascii() else text.translate(_NARROW)
