"""What a model is told of a cell: its output, cut where it is long, and how it ended."""

from __future__ import annotations

from northstar.core.records import ToolResult
from northstar.core.text import storable
from northstar.sandbox.session import Cell

NOTHING = "[no output]"
RESTARTED = "The interpreter was restarted: its variables are gone."


def result_of(cell: Cell, characters: int) -> ToolResult:
    """Return the result of a cell, its text at most a note longer than `characters`."""
    outcome = cell.outcome
    said = cut(storable(outcome.output.decode("utf-8", "replace")).rstrip("\n"), characters)
    if cell.alive:
        return ToolResult(text=said or NOTHING, error=storable(outcome.error))
    error = storable(outcome.error) or "it ended itself"
    how = "stopped" if outcome.status.endswith("limit") else "ended"
    note = f"[{how}: {error}. {RESTARTED}]"
    return ToolResult(text=f"{said}\n{note}" if said else note, error=error, ended=True)


def cut(text: str, characters: int) -> str:
    """Leave out the middle of a text that is longer than `characters`, and say how much.

    >>> cut("1234567890", 5)
    '123\\n[… 5 characters left out …]\\n90'
    """
    left_out = len(text) - characters
    if left_out <= 0:
        return text
    head = (characters * 3 + 4) // 5
    tail = characters - head
    return f"{text[:head]}\n[… {left_out:,} characters left out …]\n{text[len(text) - tail :]}"
