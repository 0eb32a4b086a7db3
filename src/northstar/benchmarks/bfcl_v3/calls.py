"""Converts a model's tool calls to the form of the official checkers, and calls those."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from northstar.core.records import Row
from northstar.models.tools import are_no_arguments
from northstar.task.grader import SolverContext

NAME = "bfcl_v3"
STEP_LIMIT = "step_limit"
"""The finish reason of a conversation whose model kept calling tools."""

Call = list[Any]
"""[name, {argument: value}]"""

_ENTRY = ("id", "category", "initial_config", "involved_classes")


def decoded(tool_calls: Sequence[dict[str, Any]] | None) -> list[Call] | None:
    """Return the calls of one answer; None if any call's arguments are not a JSON object, as officially.

    Unlike the official handlers, this accepts blanks, null and [] as no arguments, since servers write them for calls
    without any, and JSON within a JSON string.
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
    """Decode arguments. Raises ValueError, RecursionError or TypeError if they are not JSON."""
    for _ in range(2):  # encoded once, or twice
        if are_no_arguments(given):
            return {}
        if isinstance(given, dict):
            return given
        given = json.loads(given)  # NaN and Infinity are read too, as officially
    return {} if are_no_arguments(given) else given


async def ask_official(solver_context: SolverContext, function: str, *arguments: Any, timeout: float) -> Any:
    """Call a function of official.py. Raises ComputeError, ComputeLost."""
    assert solver_context.helper is not None
    return await solver_context.helper.call(f"official:{function}", *arguments, timeout=timeout)


def entry_of(row: Row) -> dict[str, Any]:
    """Return the fields of a row that the simulated tools need."""
    return {name: row[name] for name in _ENTRY}
