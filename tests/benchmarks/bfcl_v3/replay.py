"""A model that knows BFCL's references and answers with them, turn by turn; for tests and the bench."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from tests.benchmarks.bfcl_v3.reference import Call, reference_turns

from northstar.benchmarks.bfcl_v3.solver import MORE_FUNCTIONS

Row = dict[str, Any]
Change = Callable[[Row, list[Call]], list[Call]]
"""What becomes of a turn's right calls."""


def as_they_are(row: Row, calls: list[Call]) -> list[Call]:
    return calls


class Replay:
    """Answers each user turn with the reference's calls at once, and what those gave with a text.

    A row is known by what the user has said so far and by the tools that there are; where that fits several, their
    references agree until then.
    """

    def __init__(self, rows: Iterable[Row], change: Change = as_they_are) -> None:
        self._rows: dict[str, list[Row]] = {}
        for row in rows:
            self._rows.setdefault(row["question"][0][0]["content"], []).append(row)
        self._change = change

    def __call__(self, messages: list[dict[str, Any]], tools: list[dict[str, Any]]) -> dict[str, Any]:
        own = [message for message in messages if message["role"] != "system" or message["content"]]
        if own[-1]["role"] == "tool":
            return said("Done.")
        names = [tool["function"]["name"] for tool in tools]
        row, turn = next(
            (row, turn) for row in self._rows[own[0]["content"]] if (turn := _turn_of(row, own, names)) is not None
        )
        calls = self._change(row, reference_turns(row)[turn])
        return said("", calls) if calls else said("There is nothing to call.")


def _turn_of(row: Row, messages: list[dict[str, Any]], names: list[str]) -> int | None:
    """The turn of the row that is to be answered; None where the messages and tools aren't this row's."""
    question = row["question"]
    if len(question) == 1:
        return 0 if messages == question[0] and names == _names(row["function"]) else None
    spoken = [message["content"] for message in messages if message["role"] == "user"]
    turn, missed = len(spoken) - 1, row.get("missed_function", {})
    there = row["function"] + [each for number, held in missed.items() if int(number) <= turn for each in held]
    if turn >= len(question) or names != _names(there):
        return None
    expected = [asked[0]["content"] if asked else MORE_FUNCTIONS for asked in question[: turn + 1]]
    return turn if spoken == expected else None


def _names(functions: list[dict[str, Any]]) -> list[str]:
    return [function["name"].replace(".", "_") for function in functions]


def said(text: str, calls: Iterable[Call] = ()) -> dict[str, Any]:
    """An assistant's message."""
    functions = [{"name": name, "arguments": json.dumps(arguments)} for name, arguments in calls]
    tool_calls = [
        {"id": f"call{number}", "type": "function", "function": function} for number, function in enumerate(functions)
    ]
    return {"role": "assistant", "content": text, **({"tool_calls": tool_calls} if tool_calls else {})}


def rows_of(file: Path) -> list[Row]:
    """All prepared rows."""
    return [json.loads(line) for line in file.read_text().splitlines()]
