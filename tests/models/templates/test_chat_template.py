"""Messages as the text that a model reads."""

from __future__ import annotations

import asyncio
import json
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from northstar.core.errors import NorthstarError
from northstar.models.client.client import ModelClient
from northstar.models.endpoint import Endpoint
from northstar.models.failures import OutOfContext, Refused, ServerUnusable
from northstar.models.templates.chat_template import Prompt, check_shows_tools, plain_text, prompt_for, render
from tests.mock_server import Behaviour, serving

MESSAGES = [{"role": "system", "content": ""}, {"role": "user", "content": "Two?"}]
TEMPLATE = (
    "{% for message in messages %}<{{ message.role }}>{{ message.content }}{% endfor %}"
    "{{ '<bot>' if add_generation_prompt }}"
)


def prompt(
    behaviour: Behaviour,
    model: str = "mock",
    apply: bool | None = None,
    known: bool | None = None,
    messages: list[dict[str, Any]] = MESSAGES,
) -> Prompt:
    async def ask() -> Prompt:
        async with serving(behaviour) as server:
            endpoint = Endpoint(address=server.address, model=model, chat_template=known)
            async with ModelClient(endpoint) as client:
                with client.conversation() as conversation:
                    return await prompt_for(conversation, messages, apply, {})

    return asyncio.run(ask())


def folder(path: Path, **files: Any) -> str:
    for name, content in files.items():
        (path / f"{name}.json").write_text(json.dumps(content))
    return str(path)


def test_a_server_that_applies_the_template_is_asked_for_its_tokens() -> None:
    assert prompt(Behaviour(template=True)) == [ord(letter) for letter in "<system><user>Two?"]


def test_a_template_in_the_models_folder_is_applied_here(tmp_path: Path) -> None:
    model = folder(tmp_path, tokenizer_config={"chat_template": TEMPLATE})
    assert prompt(Behaviour(), model=model) == "<system><user>Two?<bot>"


def test_a_base_model_gets_the_plain_text(tmp_path: Path) -> None:
    model = folder(tmp_path, tokenizer_config={"bos_token": "<s>"})
    assert prompt(Behaviour(template=False), model=model) == "Two?"


def test_a_model_that_is_known_to_have_none_gets_the_plain_text() -> None:
    assert prompt(Behaviour(template=True), known=False) == "Two?"


def test_who_wants_no_template_gets_none() -> None:
    assert prompt(Behaviour(template=True), apply=False) == "Two?"


@pytest.mark.parametrize("apply", [None, True])
def test_where_nobody_knows_the_template_it_is_said_what_to_do(apply: bool | None) -> None:
    with pytest.raises(
        ServerUnusable, match=r"\+\+inference\.apply_chat_template=False sends the prompt as plain text"
    ):
        prompt(Behaviour(), apply=apply)


def test_who_insists_on_a_template_is_not_given_plain_text(tmp_path: Path) -> None:
    with pytest.raises(ServerUnusable):
        prompt(Behaviour(), model=folder(tmp_path, tokenizer_config={}), apply=True)


def test_plain_text_is_the_messages_one_after_the_other() -> None:
    assert plain_text([{"role": "system", "content": "Be brief."}, *MESSAGES]) == "Be brief.\n\nTwo?"


def test_arguments_of_the_template_reach_it() -> None:
    assert render("{{ 'off' if not enable_thinking else 'on' }}", MESSAGES, {"enable_thinking": False}) == "off"


def test_a_template_may_say_tojson_and_break() -> None:
    assert render("{% for m in messages %}{{ m | tojson }}{% break %}{% endfor %}", MESSAGES[1:], {}) == (
        '{"role": "user", "content": "Two?"}'
    )


@pytest.mark.parametrize(
    "template", ["{{ raise_exception('no system message') }}", "{{ ''.__class__.__mro__[1].__subclasses__() }}"]
)
def test_messages_that_a_template_does_not_take_are_refused_and_others_go_on(template: str) -> None:
    with pytest.raises(Refused, match="the model's chat template does not take these messages: "):
        render(template, MESSAGES, {})


def test_a_template_that_is_none_ends_the_run() -> None:
    with pytest.raises(ServerUnusable, match="the model's chat template cannot be read: "):
        render("{% if", MESSAGES, {})


def test_messages_that_the_servers_template_does_not_take_are_refused_and_others_go_on() -> None:
    """As templates do that want user and assistant in turns."""
    twice = [{"role": "user", "content": "Two?"}] * 2
    with pytest.raises(Refused, match="HTTP 400: Conversation roles must alternate") as refused:
        prompt(Behaviour(template=True), messages=twice)
    assert not isinstance(refused.value, OutOfContext)


def test_half_a_character_in_a_call_is_no_part_of_the_prompt() -> None:
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": '{"a": "\\ud800"}'}}
    template = "{{ messages[0].tool_calls[0].function.arguments.a }}"
    assert render(template, [{"role": "assistant", "content": "", "tool_calls": [call]}], {}) == "\ufffd"


def test_tools_are_shown_and_calls_in_the_history_are_objects(tmp_path: Path) -> None:
    template = (
        "{{ tools | tojson }}{% for message in messages %}<{{ message.role }}>{{ message.content }}"
        "{% for call in message.tool_calls %}[{{ call.function.name }} {{ call.function.arguments.a }}]{% endfor %}"
        "{% endfor %}"
    )
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": '{"a": 5}'}}
    messages: list[dict[str, Any]] = [
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "content": "ok"},
    ]
    assert render(template, messages, {"tools": [{"name": "f"}]}) == '[{"name": "f"}]<assistant>[f 5]<tool>ok'
    assert call["function"]["arguments"] == '{"a": 5}'  # type: ignore[index]


@pytest.mark.parametrize(
    ("template", "message"),
    [
        (None, "neither the server nor a folder .* has a chat template that could show tools to the model"),
        (TEMPLATE, "the chat template of .* shows no tools to the model, which could not know them"),
        ("{{ raise_exception('No tools!') if tools }}", r"takes no tools \(.*: No tools!\)"),
        ("{% for tool in tools or [] %}{{ tool | tojson }}{% endfor %}?", None),
    ],
)
def test_whether_a_template_shows_tools_is_asked_beforehand(
    tmp_path: Path, template: str | None, message: str | None
) -> None:
    model = folder(tmp_path, tokenizer_config={"chat_template": template})

    async def check() -> None:
        async with serving(Behaviour()) as server, ModelClient(Endpoint(address=server.address, model=model)) as client:
            with client.conversation() as conversation:
                await check_shows_tools(conversation, {})

    with (
        pytest.raises(ServerUnusable, match=rf"{message}.*\. \+\+use_client_parsing=False")
        if message
        else nullcontext()
    ):
        asyncio.run(check())


def test_a_template_that_takes_too_much_ends_the_run_and_is_named(tmp_path: Path) -> None:
    model = folder(tmp_path, tokenizer_config={"chat_template": "{{ 'x' * 10**10 }}"})
    with pytest.raises(
        NorthstarError,
        match=r"the chat template .*/tokenizer_config\.json cannot be rendered: it needs more than 512 MiB",
    ):
        prompt(Behaviour(), model=model)


@pytest.mark.parametrize("arguments", ["{", None, "[" * 100_000])
def test_a_call_that_is_no_json_is_the_samples_error(arguments: str | None) -> None:
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": arguments}}
    with pytest.raises(Refused, match="does not take these messages"):
        render("{{ messages[0].role }}", [{"role": "assistant", "content": "", "tool_calls": [call]}], {})
