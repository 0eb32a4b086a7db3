"""Descriptions of functions as tools: by small examples, and to the byte what the official handlers make."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from northstar.benchmarks.bfcl_v3.tools import offered, tools_of

OFFICIAL = """
import copy, json, sys, types
for name in ("tenacity", "bfcl_eval.model_handler.parser.java_parser", "bfcl_eval.model_handler.parser.js_parser"):
    sys.modules[name] = types.ModuleType(name)  # none of them is used to make tools
    for function in ("parse_java_function_call", "parse_javascript_function_call", "retry",
                     "retry_if_exception_message", "retry_if_exception_type", "wait_random_exponential"):
        setattr(sys.modules[name], function, None)
from bfcl_eval.constants.type_mappings import GORILLA_TO_OPENAPI
from bfcl_eval.model_handler.model_style import ModelStyle
from bfcl_eval.model_handler.utils import convert_to_tool, func_doc_language_specific_pre_processing
for line in sys.stdin:
    row = json.loads(line)
    functions = func_doc_language_specific_pre_processing(row["function"], row["category"])
    print(json.dumps(convert_to_tool(functions, GORILLA_TO_OPENAPI, ModelStyle.NOVITA_AI)))
"""


def tool(parameters: dict[str, Any], category: str = "simple", **more: Any) -> dict[str, Any]:
    function = {"name": "a.b.c", "description": "Does.", "parameters": {"type": "dict", "properties": parameters}}
    function["parameters"]["required"] = ["x"]  # type: ignore[index]
    (made,) = tools_of([function | more], category)
    held: dict[str, Any] = made["function"]
    return held


def test_dots_in_names_become_underscores_and_the_syntax_is_told() -> None:
    made = tool({"x": {"type": "string"}})
    assert made["name"] == "a_b_c"
    assert made["description"] == "Does. Note that the provided function is in Python 3 syntax."
    assert made["parameters"] == {"type": "object", "properties": {"x": {"type": "string"}}, "required": ["x"]}


def test_types_become_those_of_json_schema_inside_too() -> None:
    properties = tool(
        {
            "x": {"type": "float", "description": "Of x."},
            "y": {"type": "tuple", "items": {"type": "dict", "properties": {"z": {"type": "any"}}}},
            "w": {"type": "dict", "properties": {"v": {"type": "list", "items": {"type": "bool"}}}},
            "u": {"description": "untyped"},
        }
    )["parameters"]["properties"]
    assert properties == {
        "x": {"type": "number", "description": "Of x. This is a float type value.", "format": "float"},
        "y": {"type": "array", "items": {"type": "object", "properties": {"z": {"type": "string"}}}},
        "w": {"type": "object", "properties": {"v": {"type": "array", "items": {"type": "boolean"}}}},
        "u": {"type": "string", "description": "untyped"},
    }


def test_parameters_of_java_and_javascript_are_texts_that_say_what_they_stand_for() -> None:
    listed = {"x": {"type": "ArrayList", "description": "Names.", "items": {"type": "String"}}}
    assert tool(listed, "java")["parameters"]["properties"]["x"] == {
        "type": "string",
        "description": "Names. This is Java ArrayList type parameter in string representation. The list elements are "
        "of type String; they are not in string representation.",
    }
    keyed = {"x": {"type": "dict", "description": "Options.", "properties": {"a": {"type": "integer"}}}}
    assert tool(keyed, "javascript")["parameters"]["properties"]["x"] == {
        "type": "string",
        "description": "Options. This is JavaScript dict type parameter in string representation. The dictionary "
        'entries have the following schema; they are not in string representation. {"a": {"type": "integer"}}',
    }
    anything = tool({"x": {"type": "any", "description": "It."}}, "java")["parameters"]["properties"]["x"]
    assert "can be of any type of Java object in string representation" in anything["description"]


def test_what_a_function_gives_is_told_in_its_description() -> None:
    made = tool({}, response={"type": "dict"})
    assert "response" not in made
    assert made["description"].endswith(' The response field has the following schema: {"type": "dict"}')


def test_nothing_is_changed_in_the_row() -> None:
    function = {"name": "f", "description": "d", "parameters": {"type": "dict", "properties": {"a": {"type": "any"}}}}
    before = json.dumps(function)
    tools_of([function], "simple")
    assert json.dumps(function) == before


def test_the_same_functions_are_made_into_tools_once_and_others_of_that_name_anew() -> None:
    function = {"name": "f", "description": "d", "parameters": {"type": "dict", "properties": {}, "required": []}}
    other = {**function, "description": "e"}
    once = offered([function], "simple")
    assert list(once.listed) == tools_of([function], "simple")
    assert offered([dict(function)], "simple") is once
    assert list(offered([other], "simple").listed) == tools_of([other], "simple")
    assert list(offered([function], "java").listed) == tools_of([function], "java")


def test_all_rows_give_the_tools_of_the_official_handlers_to_the_byte(bfcl_data: Path) -> None:
    rows = (bfcl_data / "bfcl_v3/test.jsonl").read_text()
    python = next((bfcl_data / "environments").glob("bfcl_v3-*/bin/python"))
    done = subprocess.run([python, "-c", OFFICIAL], input=rows, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    ours = [json.dumps(tools_of(row["function"], row["category"])) for row in map(json.loads, rows.splitlines())]
    assert len(ours) == 4441
    assert ours == done.stdout.splitlines()
