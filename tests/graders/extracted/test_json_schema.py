"""JSON schemas: what agrees, and which schemas can't be held against values."""

from __future__ import annotations

from typing import Any

import pytest

from northstar.graders.extracted.json_schema import agrees, fault_of_schema

TREE: dict[str, Any] = {
    "$defs": {
        "node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/node"}}, "additionalProperties": False}
    },
    "$ref": "#/$defs/node",
}


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        ({"type": "integer"}, [1, 2.0], [True, 1.5, "1", None]),
        ({"type": ["string", "null"]}, ["", None], [1]),
        ({"type": "number", "minimum": 0, "exclusiveMaximum": 1}, [0, 0.5], [-1, 1]),
        ({"enum": [1, "a"]}, [1, "a"], [True, "b"]),
        ({"const": True}, [True], [1]),
        ({"type": "string", "pattern": "^a", "maxLength": 2}, ["a", "ab"], ["b", "abc"]),
        ({"type": "array", "items": {"type": "integer"}, "minItems": 1}, [[1]], [[], ["a"]]),
        ({"prefixItems": [{"type": "string"}], "items": False}, [["a"]], [["a", 1], [1]]),
        ({"uniqueItems": True}, [[1, True], [1, 2]], [[1, 1]]),
        ({"required": ["a"], "properties": {"a": {"type": "null"}}}, [{"a": None}, 3], [{}, {"a": 1}]),
        ({"additionalProperties": {"type": "integer"}}, [{"z": 1}], [{"z": "1"}]),
        ({"anyOf": [{"type": "null"}, {"minimum": 5}]}, [None, 6], [4]),
        ({"oneOf": [{"minimum": 1}, {"minimum": 5}]}, [2], [6, 0]),
        ({"allOf": [{"minimum": 1}, {"maximum": 3}]}, [2], [4]),
        ({"not": {"type": "null"}}, [1], [None]),
        (TREE, [{"next": {"next": {}}}], [{"next": {"other": 1}}]),
        ({"format": "date", "title": "T"}, ["x"], []),
    ],
)
def test_values_agree_or_not(schema: dict[str, Any], good: list[Any], bad: list[Any]) -> None:
    assert fault_of_schema(schema) == ""
    assert [agrees(value, schema) for value in good] == [True] * len(good)
    assert [agrees(value, schema) for value in bad] == [False] * len(bad)


@pytest.mark.parametrize(
    ("schema", "fault"),
    [
        ([], "the schema is no object"),
        ({"type": "text"}, "type of the schema must be of object"),
        ({"if": {}}, "the schema has the keyword 'if', which is not known here"),
        ({"properties": {"a": {"pattern": "("}}}, "pattern of properties of the schema is no regular expression"),
        ({"$ref": "other.json"}, "$ref of the schema must begin with '#'"),
    ],
)
def test_a_schema_that_cannot_be_held_against_values_is_refused(schema: Any, fault: str) -> None:
    assert fault_of_schema(schema).startswith(fault)
