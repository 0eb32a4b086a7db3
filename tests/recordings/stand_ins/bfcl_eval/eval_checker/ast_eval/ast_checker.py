"""Stands in for the official check of a single answer's calls."""

from __future__ import annotations

from typing import Any


def ast_checker(
    functions: list[dict[str, Any]], answer: list[dict[str, Any]], expected: list[dict[str, Any]], *_: str
) -> dict[str, Any]:
    """Right are calls whose arguments are among those of the reference."""
    for call, wanted in zip(answer, expected, strict=False):
        for arguments, allowed in zip(call.values(), wanted.values(), strict=True):
            for name, value in arguments.items():
                if value not in allowed[name]:
                    said = [f"Invalid value for parameter {name!r}: {value!r}. Expected one of {allowed[name]}."]
                    return {"valid": False, "error_type": "value_error:string", "error": said}
    return {"valid": True, "error": []}
