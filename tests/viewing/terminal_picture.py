"""`python -m tests.viewing.terminal_picture`: runs the README's demo in a terminal, and draws what it shows."""

from __future__ import annotations

import io
import os
import pty
import re
import subprocess
import sys
import tempfile
from itertools import groupby

import pyte
from rich.console import Console
from rich.style import Style
from rich.text import Text

from tests.conftest import ROOT

COLUMNS, LINES = 100, 40
PICTURE = ROOT / "docs/images/run.svg"
COMMAND = "ns eval --benchmarks=smoke:4 --output_dir=out"
_COLOURS = {"brown": "yellow", "default": None}


def main() -> None:
    """Write docs/images/run.svg."""
    PICTURE.write_text(drawn(shown(COMMAND)))
    print(PICTURE)


def shown(command: str) -> pyte.Screen:
    """The screen at the end of a command that has run in a terminal."""
    screen = pyte.Screen(COLUMNS, LINES)
    stream = pyte.ByteStream(screen)
    outer, inner = pty.openpty()
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "COLUMNS": str(COLUMNS), "LINES": str(LINES), "TERM": "xterm-256color"}
        environment |= {"NORTHSTAR_DATA_DIR": f"{folder}/data"}
        words = [sys.executable, "-m", "northstar", *command.split()[1:]]
        with subprocess.Popen(words, cwd=folder, stdin=inner, stdout=inner, stderr=inner, env=environment) as process:
            os.close(inner)
            while part := _read(outer):
                stream.feed(part)
        assert process.returncode == 0, "\n".join(screen.display)
    return screen


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 1 << 16)
    except OSError:  # the command has ended
        return b""


def drawn(screen: pyte.Screen) -> str:
    """The screen, after its command, as an SVG."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(Text.assemble(("$ ", "bold green"), (COMMAND, "bold")))
    last = max(number for number, line in enumerate(screen.display) if line.strip())
    for number in range(last + 1):
        console.print(_line(screen, number))
    svg = console.export_svg(title="Northstar", unique_id="run")
    return re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)  # which a foreign host would be asked for


def _line(screen: pyte.Screen, number: int) -> Text:
    cells = [screen.buffer[number][column] for column in range(COLUMNS)]
    line = Text(no_wrap=True)
    for style, same in groupby(cells, _style):
        line.append("".join(cell.data for cell in same), style)
    line.rstrip()
    return line


def _style(cell: pyte.screens.Char) -> Style:
    colour = _COLOURS.get(cell.fg, cell.fg)
    colour = f"#{colour}" if colour and re.fullmatch("[0-9a-f]{6}", colour) else colour
    return Style(color=colour, bold=cell.bold)


if __name__ == "__main__":
    main()
