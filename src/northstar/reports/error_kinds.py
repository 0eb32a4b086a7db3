"""Groups errors that differ only in numbers, ids and addresses."""

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
"""Ids with a server's prefix, long ones with a digit, hexadecimal ones (including UUIDs), addresses, and numbers."""
_CHANGING = re.compile(rf"(?P<status>{_STATUS}) | {_ID}", re.IGNORECASE | re.VERBOSE)


def kind_of(message: str) -> str:
    """Replace ids, addresses and numbers, but not statuses, with N.

    >>> kind_of("HTTP 500 for request 4711")
    'HTTP 500 for request N'
    """
    return _CHANGING.sub(lambda found: found[0] if found["status"] else "N", message)
