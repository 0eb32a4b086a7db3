"""Reads Prometheus' text format, as far as a few named values of it are wanted."""

from __future__ import annotations

import math
import re
from collections.abc import Collection

LONGEST = 4 * 2**20
"""Bytes that are read; vLLM's are 100 kB."""
_LINE = re.compile(rb"^([A-Za-z_:][\w:]*)(?:\{[^\n]*\})?[ \t]+(\S+)(?:[ \t]+-?\d+)?[ \t\r]*$", re.MULTILINE)


def read_samples(text: bytes, names: Collection[str]) -> dict[str, list[float]]:
    """Return the values of these metrics, one for each set of labels; what is malformed or not finite is skipped.

    >>> read_samples(b'# TYPE a gauge\\na{x="1"} 2\\na{x="}"} 3.5 1700000000\\nb 7\\nc NaN', ["a", "c"])
    {'a': [2.0, 3.5]}
    """
    found: dict[str, list[float]] = {}
    for match in _LINE.finditer(text[:LONGEST]):
        name = match[1].decode()
        if name not in names:
            continue
        try:
            value = float(match[2])
        except ValueError:
            continue
        if math.isfinite(value):
            found.setdefault(name, []).append(value)
    return found
