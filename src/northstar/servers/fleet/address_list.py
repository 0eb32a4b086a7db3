"""The addresses of a fleet: those that were given, and those in a file that may grow and shrink while a run goes on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from northstar.core.credentials import key_in_path
from northstar.core.errors import NorthstarError, UsageError
from northstar.core.regular import read_whole

COMMENT = "#"


class AddressList:
    """Reads the file anew at each look, and says once what is wrong with it."""

    def __init__(
        self, given: Sequence[str], file: Path | None, checked: Callable[[str, str], str], tell: Callable[[str], None]
    ) -> None:
        """given: addresses that stay. checked: completes an address, or raises UsageError; is told where it stands."""
        self._given = tuple(given)
        self._file = file
        self._checked = checked
        self._tell = tell
        self._told: set[str] = set()
        self._before = b""
        self._listed: tuple[str, ...] = ()

    def look(self) -> tuple[str, ...]:
        """Return the addresses of now, each once; of a file that can't be read now, those from before."""
        if self._file is not None:
            try:
                content = read_whole(self._file)
            except (OSError, NorthstarError) as error:
                why = getattr(error, "strerror", None) or str(error)
                self._say(f"{self._file} cannot be read ({why}); its servers of before stay.")
            else:
                self._listed = self._read(content)
        return tuple(dict.fromkeys((*self._given, *self._listed)))

    def _read(self, content: bytes) -> tuple[str, ...]:
        """Whole lines; a last one without its end may still be being written, unless it is as it was before."""
        lines = content.decode(errors="replace").split("\n")
        if content != self._before and not content.endswith(b"\n"):
            lines.pop()
        self._before = content
        found = []
        for number, line in enumerate(lines, 1):
            text = line.partition(COMMENT)[0].strip()
            if not text:
                continue
            try:
                found.append(self._checked_line(text, f"{self._file}, line {number}"))
            except UsageError as error:
                self._say(f"{error} That line is left out.")
        return tuple(found)

    def _checked_line(self, text: str, place: str) -> str:
        address = self._checked(text, place)
        if key_in_path(address):
            raise UsageError(f"{place}: the address holds what looks like a key, which must not stand in a file.")
        return address

    def _say(self, sentence: str) -> None:
        if sentence not in self._told:
            self._told.add(sentence)
            self._tell(sentence)
