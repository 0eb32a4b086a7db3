"""Says how much a block of an answer looks like the program that a problem asks for."""

from __future__ import annotations

import re

from northstar.graders.extract_code import Likeness, is_elided

_READS = re.compile(r"\b(?:file)?input\b|stdin|open[ \t]*\(|\bread\w*[ \t]*\(")
_WRITES = re.compile(r"\b(?:print|write|writelines|exec|eval)\b[ \t]*(?:\(|$)|stdout|=[ \t]*print\b", re.MULTILINE)


def program_likeness(function: str | None) -> Likeness:
    """Return what tells the program from examples of its use and its output.

    Args:
        function: The name of the function or method to define; None for a script, which reads and prints.
    """
    if function is None:
        return _script_likeness
    defines = re.compile(rf"\bdef[ \t]+{re.escape(function)}\b")
    return lambda code: 2 - is_elided(code) if defines.search(code) else 0


def _script_likeness(code: str) -> int:
    if not _WRITES.search(code):
        return 0
    return 3 - is_elided(code) if _READS.search(code) else 1
