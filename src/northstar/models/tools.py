"""Tools offered to a model, and the ways to write "no arguments"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import msgspec


@dataclass(frozen=True)
class Tools:
    """The tools of a request: {"type": "function", "function": {"name": …, "description": …, "parameters": {…}}} each.

    They are encoded once, since a conversation sends the same 30 kB and more with every request.
    """

    listed: Sequence[dict[str, Any]]

    def __bool__(self) -> bool:
        return bool(self.listed)

    @cached_property
    def encoded(self) -> msgspec.Raw:
        """The tools as JSON."""
        return msgspec.Raw(msgspec.json.encode(self.listed))

    @cached_property
    def encoded_flat(self) -> msgspec.Raw:
        """The tools as JSON in the form of the Responses API, where a schema is strict unless a request says not."""
        flat = [{"strict": False, **tool["function"], "type": "function"} for tool in self.listed]
        return msgspec.Raw(msgspec.json.encode(flat))


_NOTHING = ("", "null", "[]", '""', '"null"', '"[]"', '"{}"')


def are_no_arguments(value: Any) -> bool:
    """Return whether a value in place of a call's arguments means none: null, blank, an empty list, or one as JSON."""
    return value is None or value == [] or (isinstance(value, str) and value.strip() in _NOTHING)
