"""Tools that a model is offered, and what servers and models write in the place of no arguments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import msgspec


@dataclass(frozen=True)
class Tools:
    """listed: {"type": "function", "function": {"name": …, "description": …, "parameters": {…}}}, each of them.

    A conversation sends the same tools with each of its requests, 30 kB and more: they are encoded once.
    """

    listed: Sequence[dict[str, Any]]

    def __bool__(self) -> bool:
        return bool(self.listed)

    @cached_property
    def encoded(self) -> msgspec.Raw:
        """As JSON."""
        return msgspec.Raw(msgspec.json.encode(self.listed))


_NOTHING = ("", "null")
_NOTHING_OF_SERVERS = ("[]", '""', '"null"', '"[]"', '"{}"')


def are_no_arguments(value: Any) -> bool:
    """Whether this, in the place of a call's arguments, says that there are none: null, or a blank text, or 'null'."""
    return value is None or (isinstance(value, str) and value.strip() in _NOTHING)


def are_sent_as_none(value: Any) -> bool:
    """The same of what a server made of the model's words: also an empty list, and JSON in a JSON string."""
    return are_no_arguments(value) or value == [] or (isinstance(value, str) and value.strip() in _NOTHING_OF_SERVERS)
