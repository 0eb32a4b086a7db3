"""Removes keys from texts; servers have been seen to echo keys whole, escaped, encoded or in part."""

from __future__ import annotations

import base64
import os
import re
import string
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any

from northstar.core.credentials import HIDDEN, secret_values, without_assigned, without_forms
from northstar.core.text import storable

SHORTEST_KEY = 8
"""Shorter ones, such as EMPTY and token, are placeholders; hiding them would only garble messages."""
_SHORTEST_IN_PARTS = 16
"""A part of a shorter key reveals little, and may be a common word."""
_PART, _PART_OF_WORDS, _ENCODED_PART = 8, 12, 16
"""Lengths of key parts that are hidden anywhere; more for a key made of words."""
_MASK = re.compile(r"[*•·xX]{3,}|\*{2,}|\.{2,}|…|\[…\]|<\w+>")
"""What servers put for the middle of a key when they show its ends."""
_MASKED_LENGTH = 3
_MOST_MASKS = 500
_MOST_SHOWN = 2**16
"""Characters of a text that are read for one line: reading 64 MiB takes seconds."""
_OF_CODE = frozenset(string.ascii_letters + string.digits + "+/_=-")


def without_key(text: str, key: str | None) -> str:
    """Hide each occurrence of the key: plain, escaped (JSON, URLs, HTML), encoded (base64, hex), or in parts.

    Parts include the ends of a masked key, as in 'sk-ab****yz'.
    """
    if not key or len(key) < SHORTEST_KEY:
        return text
    return _traces_of(key).hidden_in(text)


def one_line(text: str, limit: int, key: str | None = None) -> str:
    """Put a server's text on one printable line, without the key; a cut ends in an ellipsis."""
    text = without_key(storable(text[: 2 * _MOST_SHOWN]), key)[:_MOST_SHOWN]  # so that the cut splits no key
    line = "".join(character if character.isprintable() else " " for character in text)
    line = " ".join(line.split())
    return line[: limit - 1] + "…" if len(line) > limit else line


def shows_key(text: str, key: str) -> bool:
    """Return whether the text may contain the key in any of these forms; cheap, as it runs on every answer."""
    return any(trace in text for trace in _traces_of(key).few)


def without_secrets(text: str, environment: Mapping[str, str] = os.environ) -> str:
    """Hide the secrets that this process knows, and anything that looks like one."""
    for key in secret_values(environment):
        text = without_key(text, key)
    return without_forms(text)


def without_secrets_of_a_log(text: str) -> str:
    """Do the same to a program's output, which may contain a key that only the program knows."""
    return without_secrets(without_assigned(text))


def redacted(value: Any, environment: Mapping[str, str] = os.environ) -> Any:
    """Do the same to every text in a JSON value."""
    if isinstance(value, str):
        return without_secrets(value, environment)
    if isinstance(value, Mapping):
        return {redacted(key, environment): redacted(each, environment) for key, each in value.items()}
    return [redacted(each, environment) for each in value] if isinstance(value, (list, tuple)) else value


@dataclass(frozen=True)
class _Traces:
    """The traces that a key may leave in a text.

    Attributes:
        few: Traces enough to detect that it may be there.
        coarse: The same for shorter parts.
        parts, codes: Every part of it that is hidden, plain and encoded.
    """

    key: str
    escaped: re.Pattern[str]
    few: tuple[str, ...]
    coarse: tuple[str, ...]
    parts: tuple[str, ...]
    codes: tuple[str, ...]

    def hidden_in(self, text: str) -> str:
        if any(sign in text for sign in "\\%&") or len(self.key) >= _SHORTEST_IN_PARTS:
            text = self.escaped.sub(HIDDEN, text)
        else:
            text = text.replace(self.key, HIDDEN)
        if any(trace in text for trace in self.coarse):
            text = _without(text, [*self._parts_in(text), *self._codes_in(text)])
        if self.parts and _MASK.search(text):
            text = _without(text, self._masked_in(text))
        return text

    def _parts_in(self, text: str) -> Iterator[tuple[int, int]]:
        for part in self.parts:
            yield from ((at, at + len(part)) for at in _places(text, part))

    def _codes_in(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield the encoded parts with their neighbours in the same code."""
        for code in self.codes:
            last = 0
            while (begin := text.find(code, last)) >= 0:
                first, last = begin, begin + len(code)
                while first > 0 and text[first - 1] in _OF_CODE:
                    first -= 1
                while last < len(text) and text[last] in _OF_CODE:
                    last += 1
                yield first, last

    def _masked_in(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield the ends of the key around a mask."""
        for mask in islice(_MASK.finditer(text), _MOST_MASKS):
            before, after = text[: mask.start()][-len(self.key) :], text[mask.end() :][: len(self.key)]
            head = next((n for n in range(len(before), 0, -1) if before[-n:] == self.key[:n]), 0)
            tail = next((n for n in range(len(after), 0, -1) if after[:n] == self.key[-n:]), 0)
            if head + tail >= _MASKED_LENGTH:
                yield mask.start() - head, mask.end() + tail


@lru_cache(maxsize=64)
def _traces_of(key: str) -> _Traces:
    parts, codes = _parts(key), _codes(key)
    # Any part longer than a few characters contains one of these.
    coarse = (*parts[:: _PART // 2], *parts[-1:], *(code for each in codes for code in each[:: _ENCODED_PART // 2]))
    base64s = codes[:-2]  # the others are hex, which no server has been seen to echo
    few = dict.fromkeys([*_spread(parts, 3), *(_telling(code) for code in base64s)])
    return _Traces(
        key=key,
        escaped=re.compile("".join(map(_escaped, key)), re.IGNORECASE if len(key) >= _SHORTEST_IN_PARTS else 0),
        few=tuple(few) or (key,),
        coarse=coarse,
        parts=parts,
        codes=tuple(code for each in codes for code in each),
    )


def _parts(key: str) -> tuple[str, ...]:
    """Return every run of some characters of the key, unless it could be a word."""
    if len(key) < _SHORTEST_IN_PARTS:
        return ()
    runs = _windows(key, _PART)
    mixed = tuple(run for run in runs if re.search(r"[0-9A-Z]", run) and not run.isdigit())
    return mixed or _windows(key, _PART_OF_WORDS)


def _codes(key: str) -> list[tuple[str, ...]]:
    """Return the parts of the key's base64 (for each of the three offsets) and of its hexadecimal form."""
    if len(key) < _SHORTEST_IN_PARTS:
        return []
    data, found = key.encode(), []
    for shift in range(3):
        code = base64.b64encode(bytes(shift) + data).decode()
        inner = code[(0, 2, 3)[shift] : (shift + len(data)) * 8 // 6]  # characters that depend on the key alone
        found += [inner, inner.translate(str.maketrans("+/", "-_"))]
    found += [data.hex(), data.hex().upper()]
    return [_windows(code, _ENCODED_PART) for code in dict.fromkeys(found)]


def _windows(text: str, width: int) -> tuple[str, ...]:
    return tuple(text[at : at + width] for at in range(len(text) - width + 1))


def _spread(parts: tuple[str, ...], count: int) -> tuple[str, ...]:
    """Return `count` parts, spread evenly."""
    if len(parts) <= count:
        return parts
    return tuple(parts[(len(parts) - 1) * number // (count - 1)] for number in range(count))


def _telling(code: tuple[str, ...]) -> str:
    """Return one part of a code; for base64 one that both alphabets share, if there is one."""
    return next((part for part in code if part.isalnum()), code[0])


def _places(text: str, part: str) -> Iterator[int]:
    at = text.find(part)
    while at >= 0:
        yield at
        at = text.find(part, at + 1)


def _without(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """Hide each span of the text, merging adjacent ones."""
    pieces: list[str] = []
    end = 0
    for first, last in sorted(spans):
        if first > end or (first == end == 0):
            pieces += [text[end:first], HIDDEN]
        end = max(end, last)
    return "".join([*pieces, text[end:]])


def _escaped(character: str) -> str:
    """Return a pattern for a character: plain, backslashed, or as an escape of JSON, URLs or HTML."""
    code = ord(character)
    coded = "".join(rf"%{byte:02x}" for byte in character.encode())
    return rf"(?:\\?{re.escape(character)}|\\(?i:u{code:04x})|(?i:{coded})|&#(?:{code}|(?i:x0*{code:x}));)"
