"""BFCL's references as a model would have said them: one of the allowed values of each argument, as JSON."""

from __future__ import annotations

import ast
import json
from typing import Any

Call = tuple[str, dict[str, Any]]

LEFT_OUT = object()

UNREACHABLE = {
    "java_36": "numbers and booleans in an ArrayList of any, of which the checker makes texts",
    "java_65": "booleans in an ArrayList of any, of which the checker makes texts",
    "live_multiple_862-181-3": "the reference has an argument that the function has not",
    "live_multiple_964-207-0": "the reference has an argument of another name than the function's",
    "live_simple_106-63-0": "a required argument has no allowed value",
    "live_simple_112-68-0": "a required argument has no allowed value",
    "multi_turn_base_154": "the reference has six turns, the user five",
}
"""Rows whose own reference fails the official checker, whatever a model says."""


def reference_turns(row: dict[str, Any]) -> list[list[Call]]:
    """The calls of each user turn, with the names of the tools that are sent.

    Without a reference: no call, or any where one is relevant.
    """
    if "ground_truth" not in row:
        return [[(row["function"][0]["name"].replace(".", "_"), {})]] if row["category"] == "live_relevance" else [[]]
    if "involved_classes" in row:
        missed = [function for held in row.get("missed_function", {}).values() for function in held]
        functions = {function["name"]: function for function in [*row["function"], *missed]}
        return [[_written(text, functions) for text in turn] for turn in row["ground_truth"]]
    functions = {function["name"]: function for function in row["function"]}
    calls = row["ground_truth"]
    if len(functions) == 1 and len(calls) == 1:  # the checker doesn't look at the name in the reference
        calls = [{row["function"][0]["name"]: next(iter(calls[0].values()))}]
    return [[_allowed(call, functions, row["category"]) for call in calls]]


def _written(text: str, functions: dict[str, Any]) -> Call:
    """'sort("a.txt")' with the names of its arguments, which stand in the function's description in order."""
    call = ast.parse(text, mode="eval").body
    assert isinstance(call, ast.Call)
    assert isinstance(call.func, ast.Name)
    names = list(functions[call.func.id]["parameters"]["properties"])
    given = dict(zip(names, map(ast.literal_eval, call.args), strict=False))
    return call.func.id, given | {str(each.arg): ast.literal_eval(each.value) for each in call.keywords}


def _allowed(call: dict[str, Any], functions: dict[str, Any], category: str) -> Call:
    ((name, allowed),) = call.items()
    parameters = functions.get(name, {"parameters": {"properties": {}, "required": []}})["parameters"]
    types, required = parameters["properties"], parameters["required"]
    # What may be left out and isn't described can't be said.
    values = {key: _pick(options) for key, options in allowed.items() if key in types or "" not in options}
    for key in required:
        if values.get(key) is LEFT_OUT:  # nothing is allowed but nothing, and it must be there
            values[key] = [] if types[key]["type"] == "array" else ""
    return name.replace(".", "_"), {
        key: _as_source(value, types.get(key, {}), category) for key, value in values.items() if value is not LEFT_OUT
    }


def _pick(options: list[Any]) -> Any:
    """The first value that is one; an empty text among them says that the argument may be left out.

    The values of a dict, or of the dicts in a list, are lists of allowed values in their turn; what is deeper is meant
    as it stands.
    """
    first = _first(options)
    if isinstance(first, dict):
        return _keys_picked(first)
    if isinstance(first, list):
        return [_keys_picked(value) if isinstance(value, dict) else value for value in first]
    return first


def _first(options: list[Any]) -> Any:
    return next((value for value in options if value != ""), LEFT_OUT)


def _keys_picked(value: dict[str, Any]) -> dict[str, Any]:
    picked = {key: _first(options) for key, options in value.items()}
    return {key: held for key, held in picked.items() if held is not LEFT_OUT}


def _as_source(value: Any, parameter: dict[str, Any], category: str) -> Any:
    """Of Java and JavaScript, every argument is text in that language."""
    if category not in ("java", "javascript") or isinstance(value, str):
        return value
    if category == "javascript":
        return json.dumps(value)
    kind, inner = parameter["type"], parameter.get("items", {}).get("type")
    if isinstance(value, dict):
        puts = " ".join(f'put("{key}", {_java(held)});' for key, held in value.items())
        return f"new HashMap<String, Object>() {{{{ {puts} }}}}" if puts else "new HashMap<String, Object>()"
    if isinstance(value, list):
        items = ", ".join(_java(held, inner) for held in value)
        if kind == "ArrayList":
            return f"new ArrayList<>(Arrays.asList({items}))" if items else "new ArrayList<>()"
        # The checker takes the texts of an array without their quotes, and with them for something else.
        bare = ", ".join(held if isinstance(held, str) else _java(held, inner) for held in value)
        return f"new Object[]{{{bare}}}"
    return _java(value, kind)


def _java(value: Any, kind: str | None = None) -> str:
    if isinstance(value, str):
        return value if kind in ("any", "char") else json.dumps(value, ensure_ascii=False)
    suffix = {"long": "L", "float": "f"}.get(kind or "", "")
    return json.dumps(value) + suffix
