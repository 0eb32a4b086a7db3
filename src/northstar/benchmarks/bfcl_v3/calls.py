"""Calls as the model's answers hold them, as the official checkers want them, and the questions to those."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NoReturn

from northstar.graders.grader import Workbench
from northstar.models.tools import are_no_arguments
from northstar.records import Row

NAME = "bfcl_v3"
STEP_LIMIT = "step_limit"
"""The finish reason of a conversation whose model went on calling tools."""

Call = list[Any]
"""[name, {argument: value}]"""

_ENTRY = ("id", "category", "initial_config", "involved_classes")


def decoded(tool_calls: Sequence[dict[str, Any]] | None) -> list[Call] | None:
    """The calls of one answer; None where any of them has arguments that are no JSON object, as officially.

    Blanks and null are no arguments, which the official handlers can't read: servers write them for a call without any.
    """
    calls: list[Call] = []
    for call in tool_calls or ():
        try:
            given = call["arguments"]
            arguments = {} if are_no_arguments(given) else json.loads(given, parse_constant=_refuse)
        except (ValueError, RecursionError):
            return None
        if not isinstance(arguments, dict):
            return None
        calls.append([call["name"], arguments])
    return calls


async def ask_official(workbench: Workbench, function: str, *arguments: Any, timeout: float) -> Any:
    """A function of official.py. Raises ComputeError, and ComputeLost."""
    return await workbench.helpers[NAME].call(f"official:{function}", *arguments, timeout=timeout)


def entry_of(row: Row) -> dict[str, Any]:
    """What of a row the simulated tools need."""
    return {name: row[name] for name in _ENTRY}


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")
