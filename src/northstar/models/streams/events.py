"""Parts a stream of server-sent events into its events, whatever parts the bytes come in (html.spec.whatwg.org)."""

from __future__ import annotations

LONGEST_EVENT = 64 * 2**20
"""Bytes of one event; the last one of the Responses API has the whole answer."""

_ERROR = b"error:"
"""The field by which older llama.cpp servers say what went wrong."""


class TooLong(Exception):
    """An event is longer than is believable."""


class Events:
    """The data of the events, in order. Comments (`: keep-alive`), names and numbers of events are skipped."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._data: list[bytes] = []
        self._held = 0
        self._is_first = True

    def feed(self, part: bytes) -> list[bytes]:
        """Return the data of the events that end in this part. Raises TooLong."""
        self._rest += part
        end = self._rest.rfind(b"\n")
        if end < 0:
            if len(self._rest) + self._held > LONGEST_EVENT:
                raise TooLong
            return []
        whole = bytes(self._rest[: end + 1])
        del self._rest[: end + 1]
        if not (self._data or self._is_first) and (plain := _plain(whole)) is not None:
            return plain
        found: list[bytes] = []
        for line in whole[:-1].split(b"\n"):
            self._take(line, found)
        return found

    def end(self) -> list[bytes]:
        """Return what a stream that ends without an empty line leaves."""
        found: list[bytes] = []
        self._take(bytes(self._rest), found)
        self._take(b"", found)
        self._rest.clear()
        return found

    def _take(self, line: bytes, found: list[bytes]) -> None:
        if line.endswith(b"\r"):
            line = line[:-1]
        if self._is_first and line:
            self._is_first, line = False, line.removeprefix(b"\xef\xbb\xbf")
        if line.startswith((b"data:", _ERROR)):
            data = line[6:] if line[5:6] == b" " else line[5:]
            data = b'{"error":' + line[6:] + b"}" if line.startswith(_ERROR) else data
            self._data.append(data)
            self._held += len(data)
            if self._held > LONGEST_EVENT:
                raise TooLong
        elif not line and self._data:
            found.append(self._data[0] if len(self._data) == 1 else b"\n".join(self._data))
            self._data, self._held = [], 0


def _plain(whole: bytes) -> list[bytes] | None:
    """Return the data of events as nearly all servers write them, a line for each; None of any other form."""
    if not whole.endswith(b"\n\n") or b"\r" in whole:
        return None
    events = whole[:-2].split(b"\n\n")
    if not all(event.startswith(b"data: ") and b"\n" not in event for event in events):
        return None
    return [event[6:] for event in events]
