"""Converts BFCL's function descriptions to the tools of a chat request, as its official handlers do.

Source: func_doc_language_specific_pre_processing and convert_to_tool in bfcl_eval/model_handler/utils.py, version
2025.7.17, with the type table in bfcl_eval/constants/type_mappings.py.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import msgspec

from northstar.models.tools import Tools

Function = dict[str, Any]
Tool = dict[str, Any]

_TYPES = {
    **dict.fromkeys(("integer", "byte", "short", "long", "Bigint"), "integer"),
    **dict.fromkeys(("number", "float", "double"), "number"),
    **dict.fromkeys(("string", "any", "char", "Any", "String"), "string"),
    **dict.fromkeys(("boolean", "bool"), "boolean"),
    **dict.fromkeys(("array", "list", "tuple", "ArrayList", "Array", "Queue", "Stack"), "array"),
    **dict.fromkeys(("dict", "object", "HashMap", "Hashtable"), "object"),
}
"""Any other type is a string."""

_SYNTAX = {"java": ("Java", "Java 8 SDK"), "javascript": ("JavaScript", "JavaScript")}


def offered(functions: Sequence[Function], category: str) -> Tools:
    """Return tools_of, computed and encoded once for the many conversations with the same functions."""
    return _offered(msgspec.json.encode(functions), category)


@lru_cache(maxsize=256)
def _offered(functions: bytes, category: str) -> Tools:
    return Tools(tools_of(msgspec.json.decode(functions), category))


def tools_of(functions: Sequence[Function], category: str) -> list[Tool]:
    """Return the functions as {"type": "function", "function": {"name", "description", "parameters"}}.

    Dots in names become underscores, since servers refuse dots. A description of the return value is appended to the
    function's own, since not every server accepts a field for it.
    """
    language, syntax = _SYNTAX.get(category, ("", "Python 3"))
    return [{"type": "function", "function": _tool(function, language, syntax)} for function in functions]


def _tool(function: Function, language: str, syntax: str) -> dict[str, Any]:
    description = f"{function['description']} Note that the provided function is in {syntax} syntax."
    if "response" in function:
        description += f" The response field has the following schema: {json.dumps(function['response'])}"
    parameters = function["parameters"]
    properties = parameters["properties"]
    if language:
        properties = {name: _in_words(value, language) for name, value in properties.items()}
    return {
        "name": function["name"].replace(".", "_"),
        "description": description,
        "parameters": {**parameters, "type": "object", "properties": _properties(properties)},
    }


def _in_words(value: dict[str, Any], language: str) -> dict[str, Any]:
    """Describe a parameter of Java or JavaScript, sent as text, in words."""
    kind, described = value["type"], value["description"]
    left_out = {"type", "description"}
    if kind == "any":
        described += f" This parameter can be of any type of {language} object in string representation."
    else:
        described += f" This is {language} {kind} type parameter in string representation."
    if kind in (("ArrayList", "Array") if language == "Java" else ("array",)):
        elements = value["items"]["type"]
        described += f" The list elements are of type {elements}; they are not in string representation."
        left_out.add("items")
    if language == "JavaScript" and kind == "dict" and "properties" in value:
        schema = json.dumps(value["properties"])
        described += (
            " The dictionary entries have the following schema; they are not in string representation. " + schema
        )
        left_out.add("properties")
    rest = {key: field for key, field in value.items() if key not in left_out}
    return {"type": "string", "description": described, **rest}


def _properties(properties: dict[str, Any]) -> dict[str, Any]:
    return {name: _schema(value) for name, value in properties.items()}


def _schema(value: dict[str, Any]) -> dict[str, Any]:
    """Convert one parameter to JSON Schema types, within lists and dicts as deep as the official code does."""
    schema = {**value, "type": _TYPES.get(value.get("type", "string"), "string")}
    if value.get("type") == "float":
        schema |= {"format": "float", "description": f"{value['description']} This is a float type value."}
    if schema["type"] not in ("array", "object"):
        return schema
    if "properties" in value:
        schema["properties"] = _properties(value["properties"])
    elif "items" in value:
        schema["items"] = _items(value["items"])
    return schema


def _items(value: dict[str, Any]) -> dict[str, Any]:
    items = {**value, "type": _TYPES[value["type"]]}
    if items["type"] == "array" and "items" in value:
        items["items"] = {**value["items"], "type": _TYPES[value["items"]["type"]]}
    elif items["type"] == "object" and "properties" in value:
        items["properties"] = _properties(value["properties"])
    return items
