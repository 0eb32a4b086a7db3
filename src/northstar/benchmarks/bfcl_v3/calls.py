"""Calls as the model's answers hold them, as the official checkers want them, and the questions to those."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NoReturn

from northstar.core.records import Row
from northstar.models.tools import are_sent_as_none
from northstar.task.grader import SolverContext

NAME = "bfcl_v3"
STEP_LIMIT = "step_limit"
"""The finish reason of a conversation whose model went on calling tools."""

Call = list[Any]
"""[name, {argument: value}]"""

_ENTRY = ("id", "category", "initial_config", "involved_classes")


def decoded(tool_calls: Sequence[dict[str, Any]] | None) -> list[Call] | None:
    """The calls of one answer; None where any of them has arguments that are no JSON object, as officially.

    Blanks, null and [] are no arguments, which the official handlers can't read: servers write them for a call without
    any. JSON in a JSON string is read too.
    """
    calls: list[Call] = []
    for call in tool_calls or ():
        try:
            name, arguments = call["name"], _arguments(call["arguments"])
        except (ValueError, RecursionError, KeyError, TypeError):
            return None
        if not isinstance(arguments, dict):
            return None
        calls.append([name, arguments])
    return calls


def _arguments(given: Any) -> Any:
    """Raises ValueError, RecursionError and TypeError for what is no JSON."""
    for _ in range(2):  # encoded once, or twice
        if are_sent_as_none(given):
            return {}
        if isinstance(given, dict):
            return given
        given = json.loads(given, parse_constant=_refuse)
    return {} if are_sent_as_none(given) else given


async def ask_official(solver_context: SolverContext, function: str, *arguments: Any, timeout: float) -> Any:
    """A function of official.py. Raises ComputeError, and ComputeLost."""
    return await solver_context.helpers[NAME].call(f"official:{function}", *arguments, timeout=timeout)


def entry_of(row: Row) -> dict[str, Any]:
    """What of a row the simulated tools need."""
    return {name: row[name] for name in _ENTRY}


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")
