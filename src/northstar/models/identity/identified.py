"""A model's identity beyond its name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Identified:
    """What distinguishes a server's model from others of the same name.

    Attributes:
        files: Name → hash of the model's files.
        commit: The commit on the hub.
        words: 'server.args', 'server.entrypoint' → the text with `{file}` and `{model}` for paths, if it has any.
        named_files: Argument → hash of the file that it names.
        why_not: Why only the model's name is known, if the user should know.
    """

    files: Mapping[str, str] = field(default_factory=dict)
    commit: str | None = None
    words: Mapping[str, str] = field(default_factory=dict)
    named_files: Mapping[str, str] = field(default_factory=dict)
    why_not: str = ""
