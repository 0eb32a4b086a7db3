r"""Walks over the tokens of a formula, and knows where each bracket closes."""

from __future__ import annotations

import re

from northstar.graders.math.spellings import SPACES

_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|\.{3}|\*\*|[0-9]+|[A-Za-z]+|\s+|.", re.DOTALL)
_LENGTH = re.compile(r" *-?[0-9.]* *(?:pt|ex|em|mm|cm|in|\\[a-z]+) *")


class Cursor:
    """The tokens, the place of the next one, and what has been written so far."""

    def __init__(self, text: str) -> None:
        self._tokens: list[str] = _TOKEN.findall(text)
        self._closes = _matching(self._tokens)
        self._out: list[str] = []
        self._place = 0
        self._wanted: dict[int, int] = {}  # where a group closes: how many arguments of its command still follow
        self._replaced: dict[int, str] = {}  # what to write for a bracket whose meaning is known already
        self._fractions_over()

    def _fractions_over(self) -> None:
        r"""Read {1 \over 2} as \frac{1}{2}."""
        if "\\over" not in self._tokens:
            return
        opened: list[int] = []
        for place, token in enumerate(self._tokens):
            if token == "{":
                opened.append(place)
            elif token == "}" and opened:
                opened.pop()
            elif token == "\\over" and opened and opened[-1] in self._closes and opened[-1] not in self._replaced:
                self._replaced[opened[-1]] = "\\frac{"
                self._replaced[place] = "}{"
                self._replaced[self._closes[opened[-1]]] = "}"

    def _peek(self) -> str:
        return self._tokens[self._place] if self._place < len(self._tokens) else ""

    def _skip_spaces(self) -> None:
        while self._place < len(self._tokens) and (
            self._tokens[self._place].isspace() or self._tokens[self._place][1:] in SPACES
        ):
            self._place += 1

    def _take_number(self) -> str:
        number = self._peek()
        self._place += 1
        if self._peek() == "." and self._place + 1 < len(self._tokens) and self._tokens[self._place + 1].isdigit():
            number += "." + self._tokens[self._place + 1]
            self._place += 2
        return number

    def _drop_argument(self, opening: str = "{") -> None:
        """Drop a group in brackets that says nothing: the red of \\color{red}, the 4pt of \\\\[4pt]."""
        place = self._place
        while place < len(self._tokens) and self._tokens[place].isspace() and place - self._place < 2:
            place += 1
        close = self._closes.get(place, -1)
        if close < 0 or self._tokens[place] != opening:
            return
        if opening == "{" or _LENGTH.fullmatch("".join(self._tokens[place + 1 : min(close, place + 12)])):
            self._place = close + 1


def _matching(tokens: list[str]) -> dict[int, int]:
    """Return where each bracket closes; ( may be closed by ]."""
    closes: dict[int, int] = {}
    braces: list[int] = []
    others: list[int] = []
    for place, token in enumerate(tokens):
        if token == "{":
            braces.append(place)
        elif token == "}" and braces:
            start = braces.pop()
            closes[start] = place
            while others and others[-1] > start:
                others.pop()
        elif token in ("(", "["):
            others.append(place)
        elif token in (")", "]") and others and (not braces or others[-1] > braces[-1]):
            closes[others.pop()] = place
    return closes


def joined(tokens: list[str]) -> str:
    """Join, with a space only where it parts two numbers, or a command and a letter."""
    parts: list[str] = []
    last, spaced = "", False
    for token in tokens:
        if not token or token == " ":
            spaced = spaced or token == " "
            continue
        command = last[:1] == "\\" and last[-1:].isalpha()
        if (command and token[:1].isalpha()) or (spaced and last[-1:].isdigit() and token[0].isdigit()):
            parts.append(" ")
        parts.append(token)
        last, spaced = token, False
    return "".join(parts)
