"""Matches foreign records to a benchmark's rows: by id, or else by the problem's exact text; never by position."""

from __future__ import annotations

from enum import Enum
from hashlib import blake2b
from typing import Any, NamedTuple

from northstar.core.records import Row
from northstar.core.text import storable
from northstar.data.rows import RowFile
from northstar.importing.found import Found, named_text

_TWICE = -1


class How(Enum):
    """How a record was matched, or why it was not; the value goes on after a number: '3 records match no row'."""

    BY_ID = "matched by id"
    BY_TEXT = "matched by text"
    OTHER_TEXT = "of a row whose text is another here: another revision of the data?"
    NO_ROW = "of no row of this benchmark"
    AMBIGUOUS = "with a text that several rows have, and no id"
    OTHER_REFERENCE = "whose right letter is another here: options in another order?"
    NO_REFERENCE = "of multiple choice without a reference letter, so the order of their options is not known"

    @property
    def is_match(self) -> bool:
        return self in (How.BY_ID, How.BY_TEXT)


class Match(NamedTuple):
    """The row of a record, -1 for none. other_reference: the reference answer is written differently here."""

    row: int
    how: How
    other_reference: bool = False


class RowIndex:
    """The rows of a benchmark, by id and by text; holds a hash of each text."""

    def __init__(self, rows: RowFile) -> None:
        self.ids: list[str] = []
        self._texts: list[bytes | None] = []
        self._references: list[str] = []
        self._choices = bytearray(len(rows))
        self._by_id: dict[str, int] = {}
        self._by_text: dict[bytes, int] = {}
        for number in range(len(rows)):
            self._add(number, rows.row(number))

    def match(self, found: Found) -> Match:
        """Return the row that a record answers; an id counts only where the text is not another."""
        named = None if found.id is None else self._by_id.get(str(found.id))
        if named is not None and named != _TWICE:
            mine = self._texts[named]
            if found.text is None or mine is None or mine == _key(found.text):
                return self._checked(Match(named, How.BY_ID), found)
        texts = [text for text in (found.text, *found.other_texts) if text is not None]
        for text in texts:
            row = self._by_text.get(_key(text))
            if row is not None:
                return Match(-1, How.AMBIGUOUS) if row == _TWICE else self._checked(Match(row, How.BY_TEXT), found)
        return Match(-1, How.NO_ROW if named in (None, _TWICE) else How.OTHER_TEXT)

    def _add(self, number: int, row: Row) -> None:
        text = named_text({name: row.get(name) for name in ("problem", "question")})
        key = None if text is None else _key(text)
        self.ids.append(str(row["id"]))
        self._texts.append(key)
        self._references.append(_plain(row.get("expected_answer")))
        self._choices[number] = bool(row.get("options"))
        self._by_id[self.ids[-1]] = _TWICE if self.ids[-1] in self._by_id else number
        if key is not None:
            self._by_text[key] = _TWICE if key in self._by_text else number

    def _checked(self, match: Match, found: Found) -> Match:
        """Compare the reference answers: where rows have options, another letter means another order of them."""
        mine, theirs = self._references[match.row], _plain(found.reference)
        if self._choices[match.row]:
            if not theirs:
                return Match(-1, How.NO_REFERENCE)
            return match if theirs.strip("().: ") == mine else Match(-1, How.OTHER_REFERENCE)
        return match._replace(other_reference=bool(theirs) and theirs != mine)


def _plain(reference: Any) -> str:
    """Return a reference answer as text, without leading zeros, which tools keep or drop."""
    if not isinstance(reference, str | int | float):
        return ""
    text = " ".join(str(reference).split())
    return text.lstrip("0") or text[:1]


def _key(text: str) -> bytes:
    """Return a hash that is equal for texts that differ in white space only."""
    return blake2b(" ".join(storable(text).split()).encode(), digest_size=16).digest()
