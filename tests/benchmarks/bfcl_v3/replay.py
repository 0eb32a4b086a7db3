"""A model that knows BFCL's references and answers with them, turn by turn; for tests and the bench."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from northstar.benchmarks.bfcl_v3.solver import MORE_FUNCTIONS
from tests.benchmarks.bfcl_v3.reference import Call, reference_turns

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
        self._known: dict[str, list[_Known]] = {}
        for row in rows:
            self._known.setdefault(row["question"][0][0]["content"], []).append(_Known(row))
        self._change = change

    def __call__(self, messages: list[dict[str, Any]], tools: list[dict[str, Any]]) -> dict[str, Any]:
        own = [message for message in messages if message["role"] != "system" or message["content"]]
        if own[-1]["role"] == "tool":
            return reply("Done.")
        names = [tool["function"]["name"] for tool in tools]
        known, turn = next(
            (known, turn) for known in self._known[own[0]["content"]] if (turn := known.turn_of(own, names)) is not None
        )
        calls = self._change(known.row, known.turns[turn])
        return reply("", calls) if calls else reply("There is nothing to call.")


class _Known:
    """A row, what its user says, its tools and its reference, by turn."""

    def __init__(self, row: Row) -> None:
        self.row = row
        self.turns = reference_turns(row)
        self._spoken = [asked[0]["content"] if asked else MORE_FUNCTIONS for asked in row["question"]]
        missed = row.get("missed_function", {})
        names = _names(row["function"])
        self._names: list[list[str]] = []
        for turn in range(len(row["question"])):
            names = names + _names(missed.get(str(turn), []))
            self._names.append(names)

    def turn_of(self, messages: list[dict[str, Any]], names: list[str]) -> int | None:
        """The turn that is to be answered; None where the messages and tools aren't this row's."""
        if len(self._spoken) == 1:
            return 0 if messages == self.row["question"][0] and names == self._names[0] else None
        spoken = [message["content"] for message in messages if message["role"] == "user"]
        turn = len(spoken) - 1
        fits = turn < len(self._spoken) and spoken == self._spoken[: turn + 1] and names == self._names[turn]
        return turn if fits else None


def _names(functions: list[dict[str, Any]]) -> list[str]:
    return [function["name"].replace(".", "_") for function in functions]


def reply(text: str, calls: Iterable[Call] = ()) -> dict[str, Any]:
    """An assistant's message."""
    functions = [{"name": name, "arguments": json.dumps(arguments)} for name, arguments in calls]
    tool_calls = [
        {"id": f"call{number}", "type": "function", "function": function} for number, function in enumerate(functions)
    ]
    return {"role": "assistant", "content": text, **({"tool_calls": tool_calls} if tool_calls else {})}


def rows_of(file: Path) -> list[Row]:
    """All prepared rows."""
    return [json.loads(line) for line in file.read_text().splitlines()]
