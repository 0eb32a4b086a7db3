"""Mounts, and the mapping of paths in commands between the host and containers."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from northstar.core.errors import UsageError


class Mount(NamedTuple):
    """A host folder mounted at `inside`; both absolute, without a trailing slash."""

    host: str
    inside: str
    readonly: bool = False

    @classmethod
    def read(cls, text: str) -> Mount:
        """Parse '/data/me:/workspace', optionally with ':ro' or ':rw'. Raises ValueError."""
        parts = text.split(":")
        mode = parts.pop() if len(parts) == 3 else "rw"
        if len(parts) != 2 or mode not in ("ro", "rw"):
            raise ValueError(f"'{text}' does not look like /data/me:/workspace")
        host, inside = (_plain(part) for part in parts)
        if not (host.startswith("/") and inside.startswith("/")):
            raise ValueError(f"'{text}' must have absolute paths on both sides")
        if inside == "/":
            raise ValueError(f"'{text}' would hide all of the container's own files")
        return cls(host, inside, mode == "ro")

    def __str__(self) -> str:
        return f"{self.host}:{self.inside}{':ro' if self.readonly else ''}"


@dataclass(frozen=True)
class PathMap:
    """Replaces the longest matching path prefix.

    Attributes:
        pairs: (prefix, replacement).
        strict: Whether an absolute path without a matching prefix is an error.
        what: The description of the pairs in that error.
    """

    pairs: tuple[tuple[str, str], ...]
    strict: bool = False
    what: str = ""

    def __bool__(self) -> bool:
        return bool(self.pairs)

    def path(self, path: str, option: str = "") -> str:
        """Map an absolute path; leave a relative one. Raises UsageError."""
        if not path.startswith("/"):
            return path
        plain = _plain(path)
        for start, other in self._longest_first():
            if plain == start or plain.startswith(start.rstrip("/") + "/"):
                moved = other.rstrip("/") + "/" + plain[len(start) :].lstrip("/")
                return moved.rstrip("/") + ("/" if path.endswith("/") and path != "/" else "")
        if self.strict:
            raise UsageError(f"{option + '=' if option else ''}{path} lies under no mount. {self._hint(plain)}")
        return path

    def argv(self, text: str, option: str = "") -> str:
        """Replace the paths in a command line, and return it quoted as a shell reads it.

        A path is a whole argument or follows `=`; inside other arguments (JSON, lists) it is recognised if
        it begins with one of the pairs.
        """
        if not self.pairs or not text:
            return text
        try:
            argv = shlex.split(re.sub(r"\\\r?\n", " ", text))
        except ValueError as error:
            raise UsageError(f"{option}: {error}: {text}") from None
        return shlex.join(self.argument(each, option) for each in argv)

    def argument(self, argument: str, option: str = "") -> str:
        """Map the paths in one argument of a command."""
        name, equals, value = argument.partition("=")
        if argument.startswith("/"):
            return self.path(argument, option)
        if equals and name.startswith("-") and value.startswith("/"):
            return f"{name}={self.path(value, f'{option}: {name}' if option else name)}"
        return self._inside_of(argument)

    def _inside_of(self, argument: str) -> str:
        starts = "|".join(re.escape(start) for start, _ in self._longest_first())
        pattern = rf"(?<![\w./~-])({starts})(?=[/\s\"',:;\])}}]|$)"
        return re.sub(pattern, lambda found: self.path(found[1]), argument) if starts else argument

    def _longest_first(self) -> list[tuple[str, str]]:
        return sorted(self.pairs, key=lambda pair: -len(pair[0]))

    def _hint(self, path: str) -> str:
        back = PathMap(tuple((other, start) for start, other in self.pairs))
        meant = back.path(path)
        return (f"Did you mean {meant}? " if meant != path else "") + self.what


def missing_mount(path: str | Path) -> str:
    """Return a hint for an unmounted container path: ' There is no /workspace here: …', else ''."""
    parts = Path(path).parts
    if len(parts) < 2 or parts[0] != "/" or Path("/", parts[1]).exists():
        return ""
    top = f"/{parts[1]}"
    return (
        f" There is no {top} here: if it is a mount, a cluster config names it (mounts: [/my/folder:{top}]); ns setup "
        "writes one, and --cluster=NAME reads it."
    )


def to_host(mounts: Sequence[Mount], cluster: str = "") -> PathMap:
    """Map container paths in commands to host paths. With mounts, an absolute path must lie under one."""
    pairs = tuple((mount.inside, mount.host) for mount in mounts)
    named = ", ".join(str(mount) for mount in mounts)
    return PathMap(pairs, strict=bool(pairs), what=f"The mounts{f' of cluster {cluster}' if cluster else ''}: {named}.")


def to_inside(mounts: Iterable[Mount], cluster: str = "") -> PathMap:
    """Map host paths to container paths."""
    pairs = tuple((mount.host, mount.inside) for mount in mounts)
    named = ", ".join(f"{host}:{inside}" for host, inside in pairs) or "none"
    return PathMap(pairs, strict=True, what=f"Mounts of the container{f' of {cluster}' if cluster else ''}: {named}.")


def _plain(path: str) -> str:
    """Normalize a path: no double slashes, `.`, `..` or trailing slash."""
    parts: list[str] = []
    for part in PurePosixPath(path).parts:
        if part == ".." and parts and parts[-1] != "/":
            parts.pop()
        elif part != "..":
            parts.append(part)
    plain = str(PurePosixPath(*parts)) if parts else path
    return "/" + plain.lstrip("/") if path.startswith("/") else plain
