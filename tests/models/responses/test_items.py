from __future__ import annotations

from typing import Any

from northstar.models.responses.items import OUTPUT_ITEMS, input_items, without_items

USER: dict[str, Any] = {"role": "user", "content": "How much?"}
CALL = {"id": "c1", "type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}}


def test_a_leading_system_message_becomes_the_instructions() -> None:
    assert input_items([{"role": "system", "content": "Be brief."}, USER]) == ("Be brief.", [USER])


def test_a_system_message_alone_or_in_the_middle_stays_an_item() -> None:
    system = {"role": "system", "content": "Be brief."}
    assert input_items([system]) == (None, [system])
    assert input_items([USER, system, USER]) == (None, [USER, system, USER])


def test_an_empty_system_message_is_sent_too() -> None:
    assert input_items([{"role": "system", "content": ""}, USER]) == ("", [USER])


def test_calls_and_their_results_become_items_with_the_same_id() -> None:
    messages: list[dict[str, Any]] = [
        USER,
        {"role": "assistant", "content": "", "tool_calls": [CALL]},
        {"role": "tool", "content": "3", "tool_call_id": "c1"},
    ]
    assert input_items(messages)[1][1:] == [
        {"type": "function_call", "call_id": "c1", "name": "add", "arguments": '{"a": 1}'},
        {"type": "function_call_output", "call_id": "c1", "output": "3"},
    ]


def test_the_text_of_an_answer_stands_before_its_calls_even_if_it_is_empty_and_there_are_none() -> None:
    def texts(content: object, *calls: object) -> list[object]:
        items = input_items([USER, {"role": "assistant", "content": content, "tool_calls": list(calls)}])[1][1:]
        return [item.get("content", item["type"]) for item in items]

    assert texts("I add.", CALL) == [[{"type": "output_text", "text": "I add."}], "function_call"]
    assert texts("") == [[{"type": "output_text", "text": ""}]]
    assert texts(None, CALL) == ["function_call"]


def test_the_items_of_an_answer_are_handed_back_as_they_came() -> None:
    items = [
        {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "x"},
        {"type": "function_call", "call_id": "c1", "name": "add", "arguments": "{}"},
    ]
    message = {"role": "assistant", "content": "", "tool_calls": [CALL], OUTPUT_ITEMS: items}
    assert input_items([USER, message])[1][1:] == items
    assert without_items(message) == {"role": "assistant", "content": "", "tool_calls": [CALL]}


def test_pictures_and_files_become_parts_of_the_input() -> None:
    content = [
        {"type": "text", "text": "What is it?"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA", "detail": "high"}},
        {"type": "file", "file": {"file_id": "f1"}},
        {"type": "odd", "x": 1},
    ]
    assert input_items([{"role": "user", "content": content}])[1][0]["content"] == [
        {"type": "input_text", "text": "What is it?"},
        {"type": "input_image", "image_url": "data:image/png;base64,AA", "detail": "high"},
        {"type": "input_file", "file_id": "f1"},
        {"type": "odd", "x": 1},
    ]
