"""Finds the Python files of a model that an engine runs: those that its configs name, and their imports."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

_MOST_BYTES = 16 * 2**20
_IMPORT = re.compile(r"^[ \t]*(?:from[ \t]+([.\w]+)[ \t]+)?import[ \t]+(\([^()]*\)|[^\n#;]*)", re.MULTILINE)
_WORD = re.compile(r"\w+")


def code_of(folder: Path, names: Sequence[str]) -> list[str]:
    """Return the files among `names` that `auto_map` in a config leads to. Raises OSError."""
    modules = {name: _module(name) for name in names if name.endswith(".py")}
    wanted = {word for name in names if modules and _is_config(name) for word in _mapped(folder / name)}
    found: dict[str, None] = {}
    while new := [name for name, module in modules.items() if module in wanted and name not in found]:
        found |= dict.fromkeys(new)
        wanted = {word for name in new for word in _imported(folder / name)}
    return list(found)


def _module(name: str) -> str:
    """Return the last part of a file's module name."""
    path = Path(name)
    return path.parent.name if path.stem == "__init__" else path.stem


def _is_config(name: str) -> bool:
    return "/" not in name and name.endswith(".json") and "config" in name.lower()


def _mapped(config: Path) -> Iterator[str]:
    """Yield the modules in a config's auto_map: {"AutoModel": "modeling.Own"}, also in lists or other repositories."""
    try:
        content = msgspec.json.decode(_start(config), type=_Config)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return
    for value in content.auto_map.values() if isinstance(content.auto_map, dict) else ():
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, str) and "--" not in each:
                yield from _WORD.findall(each)[:-1]


class _Config(msgspec.Struct):
    auto_map: Any = None


def _imported(file: Path) -> Iterator[str]:
    for origin, names in _IMPORT.findall(_start(file).decode("utf-8", "replace")):
        if origin.startswith("."):
            yield from _WORD.findall(f"{origin} {names}")
        else:  # of an installed package such as torch.nn, only the first word could be a file here
            yield from _WORD.findall(origin)[:1] or [each.partition(".")[0].strip() for each in names.split(",")]


def _start(file: Path) -> bytes:
    with file.open("rb") as opened:
        return opened.read(min(_MOST_BYTES, file.stat().st_size))
