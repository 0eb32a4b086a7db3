"""The paths in a server's command: what lies there is known by its content, and where it lies doesn't count."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from northstar.config.plan import ServerPlan
from northstar.models.identity.content import content_of, digest, is_model
from northstar.servers.arguments.arguments import argument_parts

FILE = "{file}"
MODEL = "{model}"
"""Stand in an argument for a file, and for the model, that are known by their content."""
MOST_BYTES = 2**20
"""Of a file that an argument names which isn't about files: a script, a config."""

_ABOUT_FILES = re.compile(
    r"model|template|tokenizer|lora|adapter|speculative|draft|plugin|parser|config|options|override|vocab|mmproj|control"
)
"""In the names of arguments whose files change answers."""
_NOT_ABOUT_ANSWERS = re.compile(
    r"\blogs?\b|ssl|tls|\bcerts?\b|cache|trace|metric|profil|telemetry|download|middleware|\bpid\b|socket|\boutput\b|history"
)
_WRITTEN = (".log", ".pid", ".sock", ".lock", ".out", ".err")
"""The ends of names of files that a server writes."""
_PIECES = re.compile(r"([\s\"'=,;:\[\]{}()]+)")
_PROGRAMS = (b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"MZ")
"""The first bytes of programs in machine code."""


class PathsIn:
    """The paths in the words of a plan's server, as this process sees them. content: of the model's files, by name.

    hashes: of each file that was found, by the option that names it, else by its own name.
    """

    def __init__(self, plan: ServerPlan, content: Mapping[str, str]) -> None:
        self._plan = plan
        self._content = content
        own = plan.seen(plan.model).rstrip("/") if content and plan.model and "/" in plan.model else ""
        self._own = own
        self.hashes: dict[str, str] = {}

    def without(self, words: Sequence[str]) -> str:
        """The words with `{file}` for each file or model's folder that they name, and `{model}` for the model's own.

        Where a command of the user's starts the server, any word may name what it reads. Raises OSError.
        """
        kept: list[str] = []
        option = ""
        for name, value in argument_parts(words):
            if name.startswith("-"):
                option = name
                kept.append(name)
            given = value if name.startswith("-") else name  # a word that follows another value of the same option
            if given is not None:
                kept.append(self._replaced(given, option))
        return shlex.join(kept)

    def _replaced(self, value: str, option: str) -> str:
        """A value with the paths in it replaced: it is one, or holds some, as name=path, lists and JSON do."""
        name, equals, rest = value.partition("=")
        if (text := self._known(value, option)) is not None:
            return text
        if equals and (text := self._known(rest, option)) is not None:
            return name + equals + text
        pieces = _PIECES.split(value)
        for number, piece in enumerate(pieces):
            before = pieces[number - 2] if number >= 2 else ""
            written = before.endswith(">")  # by a shell
            if not written and (text := self._known(piece, before if before[:1] == "-" else option)) is not None:
                pieces[number] = text
        return "".join(pieces)

    def _known(self, piece: str, option: str) -> str | None:
        """What stands for a path; None where it is none, or what lies there doesn't count."""
        if len(piece) > 4096 or "\0" in piece or not ("/" in piece or "." in piece.strip(".")):
            return None
        seen = self._plan.seen(piece)
        if self._own and seen.rstrip("/") == self._own:
            return MODEL
        below = seen.removeprefix(self._own + "/") if self._own and seen.startswith(self._own + "/") else ""
        if below in self._content:
            return f"{MODEL}/{below}"
        found = self._hash(seen, option)
        if found is not None:
            self._note(option or Path(piece).name, found)
        return f"{MODEL}/{below}" if below else None if found is None else FILE

    def _hash(self, seen: str, option: str) -> str | None:
        path = _there(seen)
        if path is None or _NOT_ABOUT_ANSWERS.search(option):
            return None
        if _ABOUT_FILES.search(option):
            counts = path.is_file() or ("/" in seen and path.is_dir())
        else:
            counts = bool(self._plan.entrypoint) and _is_read(path)
        content = content_of(path) if counts else {}
        return digest(content) if content else None

    def _note(self, name: str, found: str) -> None:
        key, number = name, 1
        while key in self.hashes:
            number += 1
            key = f"{name} ({number})"
        self.hashes[key] = found


def _there(seen: str) -> Path | None:
    """What is at a path, if this is one: any text of an argument may be asked about."""
    try:
        path = Path(seen).expanduser()
        return path if path.exists() else None
    except (OSError, RuntimeError):
        return None


def _is_read(path: Path) -> bool:
    """Whether a command reads this file to know what to answer: no program, and nothing that it writes itself."""
    if is_model(path):
        return True
    if not path.is_file() or path.suffix in _WRITTEN or not os.access(path, os.R_OK):
        return False
    return path.stat().st_size <= MOST_BYTES and not _is_program(path)


def _is_program(path: Path) -> bool:
    """Machine code, or what pip puts beside an interpreter: the name says which, the bytes where it is installed."""
    with path.open("rb") as file:
        start = file.read(4)
    return start.startswith(_PROGRAMS) or (not path.suffix and (path.parent / "python3").exists())
