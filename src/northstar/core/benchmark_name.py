"""The grammar of a benchmark's name, as it is typed and as its folder below eval-results is called.

    name = benchmark [ "." choice ] { "+" tool } [ "@" origin ]

    aime24                              all defaults
    livecodebench.test_v5_2407_2412     a split that is not the default
    bfcl_v3.simple                      a part of the rows
    mine.dev.simple                     a part of such a split
    aime24+python                       reserved: a variant with tools
    aime24@other-lab                    reserved: generations that were made elsewhere, by the name they are given

A benchmark's name holds no dot; a choice may hold dots, but neither begins nor ends with one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_WORD = r"[^\s/,:@+.]+"
_DOTTED = rf"{_WORD}(?:\.+{_WORD})*"
_NAME = re.compile(
    rf"(?P<benchmark>{_WORD})(?:\.(?P<choice>{_DOTTED}))?(?P<tools>(?:\+{_WORD})*)(?:@(?P<origin>{_DOTTED}))?"
)


GENERATED = "generate"
"""The name under which a run has the rows of a user's file (`ns generate`): no benchmark can be called so."""


@dataclass(frozen=True, slots=True)
class BenchmarkName:
    """A name taken apart; str() puts it together. choice: of a split, a part, or 'split.part'; '' for the defaults."""

    benchmark: str
    choice: str = ""
    tools: tuple[str, ...] = ()
    origin: str = ""

    def __str__(self) -> str:
        choice, origin = self.choice and f".{self.choice}", self.origin and f"@{self.origin}"
        return self.benchmark + choice + "".join(f"+{tool}" for tool in self.tools) + origin

    @property
    def split_and_part(self) -> tuple[str, str]:
        """The choice as 'split.part' is read: 'dev.simple' → ('dev', 'simple'); of one word alone the part."""
        split, _, part = self.choice.rpartition(".")
        return split, part


def parsed_name(text: str) -> BenchmarkName | None:
    """What a name says; None for a text that is no name, such as '../x' or 'a,b'."""
    match = _NAME.fullmatch(text)
    if match is None:
        return None
    tools = tuple(match["tools"].split("+")[1:])
    return BenchmarkName(match["benchmark"], match["choice"] or "", tools, match["origin"] or "")


def is_benchmark_word(text: str) -> bool:
    """Whether a benchmark can be called so."""
    return parsed_name(text) == BenchmarkName(text)


def is_choice(text: str) -> bool:
    """Whether a split, or a part, can be called so: folders and commands are named by it."""
    return parsed_name(f"b.{text}") == BenchmarkName("b", text)
