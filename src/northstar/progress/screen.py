"""The lower end of a terminal that shows one changing picture, with what is said above it.

rich's Live counts lines as it wrote them; a terminal that is made narrower breaks them anew, so it leaves the old
picture's upper lines behind as ghosts. Here the picture's height is counted anew at the present width.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack, redirect_stderr, redirect_stdout, suppress
from types import TracebackType
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.console import RenderableType

_HIDE, _SHOW = "\x1b[?25l", "\x1b[?25h"
_REST_OF_LINE, _REST_OF_SCREEN = "\x1b[K", "\x1b[J"


class Screen:
    """Shows a picture on a terminal; `with` hides the cursor, and leaves the last picture where it is.

    What the process prints meanwhile comes above the picture.
    """

    def __init__(self, terminal: TextIO) -> None:
        from rich.console import Console

        self._terminal = terminal
        self._console = Console(file=terminal)
        self._picture: list[str] = []
        self._widths: list[int] = []
        self._between = _Between(self)
        self._stack = ExitStack()

    def __enter__(self) -> Screen:
        self._write(_HIDE)
        self._stack.enter_context(redirect_stderr(self._between))
        if sys.stdout.isatty():
            self._stack.enter_context(redirect_stdout(self._between))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()
        self._between.end()
        self._write(_SHOW)

    @property
    def width(self) -> int:
        """The terminal's present width."""
        return self._size()[0]

    def show(self, picture: RenderableType, said: list[str] | None = None) -> None:
        """Replace the picture, and put lines above it."""
        width, height = self._size()
        lines, widths = self._rendered(picture, width, height)
        if lines == self._picture and not said and self._fits(width):
            return
        self._write(self._to_its_top(width, height) + _over([*(said or ()), *lines], width))
        self._picture, self._widths = lines, widths

    def say(self, text: str) -> None:
        """Put text, of whole lines, above the picture."""
        width, height = self._size()
        self._write(self._to_its_top(width, height) + _over([*text.splitlines(), *self._picture], width))

    def _size(self) -> tuple[int, int]:
        try:
            size = os.get_terminal_size(self._terminal.fileno())
        except (OSError, ValueError):
            return self._console.size.width, self._console.size.height
        return size.columns or 80, size.lines or 24

    def _fits(self, width: int) -> bool:
        return all(each <= width for each in self._widths)

    def _to_its_top(self, width: int, height: int) -> str:
        """Return what moves to the picture's first line; it takes more lines where the terminal was made narrower."""
        lines = sum(max(1, -(-each // width)) if _breaks_anew() else 1 for each in self._widths)
        up = min(lines, height - 1)
        return "\r" + (f"\x1b[{up}A" if up else "")

    def _rendered(self, picture: RenderableType, width: int, height: int) -> tuple[list[str], list[int]]:
        """Return the picture's lines, cut to the terminal, with their widths."""
        from rich.console import Group

        self._console.width = max(1, width - 1)
        with self._console.capture() as captured:
            self._console.print(Group(picture))  # a Text alone would lose how it is to be cut
        lines = [line.rstrip() for line in captured.get().splitlines()][: max(1, height - 1)]
        return lines, [_width(line) for line in lines]

    def _write(self, text: str) -> None:
        with suppress(BlockingIOError):  # a terminal that is stopped: the next picture comes when it goes on
            self._terminal.write(text)
            self._terminal.flush()


def _over(lines: Sequence[str], width: int) -> str:
    """Return what writes lines over others, and erases what is left of these.

    Nothing is erased at once from the terminal's upper left corner: tmux keeps what is, above, as if it had scrolled.
    """
    over = []
    for line in lines:
        ends_full = (cells := _width(line)) > 0 and cells % width == 0  # erasing would take the last letter
        over.append(f"{_REST_OF_LINE}{line}{'' if ends_full else _REST_OF_LINE}\n")
    return "".join(over) + _REST_OF_SCREEN


def _width(line: str) -> int:
    from rich.text import Text

    return Text.from_ansi(line).cell_len


def _breaks_anew() -> bool:
    """Whether the terminal breaks long lines anew when it is made narrower; the console of Linux and screen do not."""
    terminal = os.environ.get("TERM", "")
    return not (terminal == "linux" or (terminal.startswith("screen") and "TMUX" not in os.environ))


class _Between(io.TextIOBase):
    """A stream whose whole lines are put above the picture."""

    def __init__(self, screen: Screen) -> None:
        self._screen, self._rest = screen, ""

    def write(self, text: str) -> int:
        whole, newline, rest = (self._rest + text).rpartition("\n")
        self._rest = rest
        if newline:
            self._screen.say(whole + newline)
        return len(text)

    def end(self) -> None:
        """Put what is left, a line without its end, above the picture."""
        if self._rest:
            self.write("\n")

    def isatty(self) -> bool:
        return True
