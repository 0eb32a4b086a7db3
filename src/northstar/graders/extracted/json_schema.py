"""Holds JSON values against a JSON schema, of the keywords that structured output of servers has."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

_TYPES: Mapping[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "integer": lambda value: not isinstance(value, bool) and isinstance(value, int | float) and value == int(value),
}
_REMARKS = frozenset(
    ("$schema", "$id", "$comment", "title", "description", "default", "examples", "deprecated", "format", "strict")
)
"""What says nothing that is held against a value; `format` is a remark, as the standard has it by default."""
_DEFINITIONS = ("$defs", "definitions")
_LISTS = ("anyOf", "oneOf", "allOf")
_NUMBERS: Mapping[str, Callable[[Any, Any], bool]] = {
    "minimum": lambda value, limit: value >= limit,
    "maximum": lambda value, limit: value <= limit,
    "exclusiveMinimum": lambda value, limit: value > limit,
    "exclusiveMaximum": lambda value, limit: value < limit,
    "multipleOf": lambda value, part: value % part == 0,
}
_SIZES = {
    "minLength": (str, 1), "maxLength": (str, -1), "minItems": (list, 1), "maxItems": (list, -1),
    "minProperties": (dict, 1), "maxProperties": (dict, -1),
}  # fmt: skip
"""Keyword → what it is about, and 1 for a least size, -1 for a greatest."""
KNOWN = frozenset(
    (*_REMARKS, *_DEFINITIONS, *_LISTS, *_NUMBERS, *_SIZES, "type", "enum", "const", "$ref", "pattern", "items")
) | {"prefixItems", "uniqueItems", "properties", "required", "additionalProperties", "not"}


def fault_of_schema(schema: Any, where: str = "the schema") -> str:
    """Say in a phrase what of a schema can't be held against values; '' for a good one."""
    if isinstance(schema, bool):
        return ""
    if not isinstance(schema, dict):
        return f"{where} is no object"
    for key, value in schema.items():
        place = f"{key} of {where}"
        if key not in KNOWN:
            return f"{where} has the keyword '{key}', which is not known here"
        types = value if isinstance(value, list) else [value]
        if key == "type" and not all(isinstance(each, str) and each in _TYPES for each in types):
            return f"{place} must be of {', '.join(_TYPES)}"
        if key == "pattern" and (fault := _fault_of_pattern(value)):
            return f"{place} {fault}"
        if key == "$ref" and not (isinstance(value, str) and value.startswith("#")):
            return f"{place} must begin with '#': references to other files are not followed"
        parts: list[Any] = []
        if key in ("properties", *_DEFINITIONS):
            parts = list(value.values()) if isinstance(value, dict) else [None]
        elif key in (*_LISTS, "prefixItems"):
            parts = value if isinstance(value, list) else [None]
        elif key in ("items", "additionalProperties", "not"):
            parts = [value]
        for part in parts:
            if fault := fault_of_schema(part, place):
                return fault
    return ""


def _fault_of_pattern(pattern: Any) -> str:
    try:
        re.compile(pattern)
    except (re.error, TypeError) as error:
        return f"is no regular expression ({error})"
    return ""


def agrees(value: Any, schema: Any, root: Any = None) -> bool:
    """Return whether a value agrees with a schema; `root` is the whole one, where `schema` is a part of it.

    >>> agrees({"n": 3}, {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]})
    True
    >>> agrees({"n": "3"}, {"properties": {"n": {"type": ["integer", "null"]}}})
    False
    """
    if isinstance(schema, bool):
        return schema
    root = schema if root is None else root
    return all(_keyword_agrees(key, rule, value, schema, root) for key, rule in schema.items())


def _keyword_agrees(key: str, rule: Any, value: Any, schema: Mapping[str, Any], root: Any) -> bool:
    if key == "type":
        return any(_TYPES[each](value) for each in (rule if isinstance(rule, list) else [rule]))
    if key in ("enum", "const"):
        return any(_same(value, each) for each in (rule if key == "enum" else [rule]))
    if key == "$ref":
        return agrees(value, _referred(rule, root), root)
    if key in _LISTS:
        fitting = sum(agrees(value, each, root) for each in rule)
        return fitting == len(rule) if key == "allOf" else fitting == 1 if key == "oneOf" else fitting > 0
    if key == "not":
        return not agrees(value, rule, root)
    if key in _NUMBERS:
        return not _TYPES["number"](value) or _NUMBERS[key](value, rule)
    if key in _SIZES:
        kind, sign = _SIZES[key]
        return not isinstance(value, kind) or sign * len(value) >= sign * rule
    if isinstance(value, str):
        return key != "pattern" or re.search(rule, value) is not None
    if isinstance(value, list):
        return _items_agree(key, rule, value, schema, root)
    return not isinstance(value, dict) or _fields_agree(key, rule, value, schema, root)


def _items_agree(key: str, rule: Any, value: list[Any], schema: Mapping[str, Any], root: Any) -> bool:
    first = len(schema.get("prefixItems", ()))
    if key == "items":
        return all(agrees(each, rule, root) for each in value[first:])
    if key == "prefixItems":
        return all(agrees(each, part, root) for each, part in zip(value, rule, strict=False))
    if key == "uniqueItems" and rule:
        return not any(_same(one, other) for place, one in enumerate(value) for other in value[:place])
    return True


def _fields_agree(key: str, rule: Any, value: dict[str, Any], schema: Mapping[str, Any], root: Any) -> bool:
    if key == "properties":
        return all(agrees(value[name], part, root) for name, part in rule.items() if name in value)
    if key == "required":
        return all(name in value for name in rule)
    if key == "additionalProperties":
        return all(agrees(part, rule, root) for name, part in value.items() if name not in schema.get("properties", ()))
    return True


def _same(one: Any, other: Any) -> bool:
    """Return whether two values are equal as JSON: True is not 1."""
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def _referred(reference: str, root: Any) -> Any:
    """Return the part of a schema that '#/$defs/name' refers to; a part that is not there agrees with nothing."""
    found = root
    for name in reference.removeprefix("#").strip("/").split("/") if len(reference) > 1 else ():
        plain = name.replace("~1", "/").replace("~0", "~")
        found = found.get(plain, False) if isinstance(found, dict) else False
    return found
