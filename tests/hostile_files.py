"""Contents that files should not have, and may: made from a content that is as it should be."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

DEEP = "[" * 3000 + "]" * 3000
ODD_VALUES = (
    "NaN",
    "Infinity",
    "-Infinity",
    "1e400",
    str(2**70),
    "9" * 5000,
    DEEP,
    '"\\ud800"',
    "5",
    '"x"',
    "[]",
    "{}",
)
_PLACE = "a-value-of-the-test"


def spoiled(content: bytes) -> Iterator[tuple[str, bytes]]:
    """A name for each way in which a text may be spoiled, whatever its format, and the text."""
    text = content.decode()
    yield "empty", b""
    yield "blank lines", b"\n\n" + content + b"\n\n"
    yield "a mark before it", b"\xef\xbb\xbf" + content
    yield "UTF-16", text.encode("utf-16")
    yield "UTF-32", text.encode("utf-32")
    yield "not UTF-8", content.replace(b"e", b"\xe9")
    yield "cut", content[: len(content) // 2]
    yield "NULs", b"\0" * len(content)
    yield "brackets", b"[" * 100_000
    yield "braces", b'{"a":' * 100_000 + b"1" + b"}" * 100_000
    yield "a number", b"5"
    yield "a list", b"[1, 2]"
    yield "not a word", b"\x7fELF\x02\x01"


def with_odd_values(content: bytes) -> Iterator[tuple[str, bytes]]:
    """The same for JSON, or lines of it: every value in the first line or object replaced by every odd one."""
    first, end, rest = content.partition(b"\n") if _is_lines(content) else (content, b"", b"")
    held = json.loads(first)
    for path in _paths(held):
        for value in ODD_VALUES:
            changed = json.dumps(_replaced(held, path)).replace(f'"{_PLACE}"', value)
            yield f"{value[:12]} at {'.'.join(map(str, path))}", changed.encode() + end + rest


def _is_lines(content: bytes) -> bool:
    return content.startswith(b'{"') and b"}\n{" in content


def _paths(value: Any) -> Iterator[tuple[str | int, ...]]:
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield (key,)
            yield from ((key, *path) for path in _paths(inner))


def _replaced(value: Any, path: tuple[str | int, ...]) -> Any:
    if not path:
        return _PLACE
    copy: Any = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = _replaced(value[path[0]], path[1:])
    return copy
