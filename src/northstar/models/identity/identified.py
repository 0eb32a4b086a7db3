"""Which model answers, known by more than its name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Identified:
    """What tells a server's model from another of the same name.

    files: name → hash of what the model consists of. commit: on the hub. words: 'server.args', 'server.entrypoint' →
    the text with `{file}` and `{model}` in place of the paths in it, where there are any; named_files: argument → hash
    of that file. why_not: why the model is known by its name alone, where a person should hear of that.
    """

    files: Mapping[str, str] = field(default_factory=dict)
    commit: str | None = None
    words: Mapping[str, str] = field(default_factory=dict)
    named_files: Mapping[str, str] = field(default_factory=dict)
    why_not: str = ""
