"""Which errors are of one kind: those that differ in numbers, ids and addresses alone."""

from __future__ import annotations

import re

_STATUS = r"\b(?:HTTP|status|code)(?:\s*[:=]?\s*)\d{3}\b"
_ID = r"""
    (?<!\w) (?:
        (?:req|chatcmpl|cmpl|resp) [_-] [\w-]{6,}
      | (?= [a-z]* \d ) [a-z0-9]{12,}
      | [0-9a-f]{8} [0-9a-f-]*
      | (?: [0-9a-f]{1,4} : ){2,8} [0-9a-f:]*
      | [0-9a-f]{1,4} :: [0-9a-f:]*
      | 0x [0-9a-f]+
    ) (?!\w)
    | \d+ [hms]? (?: \. \d+ )*
"""
"""Ids that begin as servers' do, that hold a digit and are long, hex ones (UUIDs too); addresses; any number."""
_CHANGING = re.compile(rf"(?P<status>{_STATUS}) | {_ID}", re.IGNORECASE | re.VERBOSE)


def kind_of(message: str) -> str:
    """The message with N for each of those; a status is no such number."""
    return _CHANGING.sub(lambda found: found[0] if found["status"] else "N", message)
