"""Messages as the text that a model reads: for servers that are asked to complete a text.

The server itself applies its model's chat template where it can (llama.cpp's /apply-template; vLLM's /tokenize, whose
tokens it takes as a prompt); else the template in the model's folder does. A base model has none: it gets the messages'
plain text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from northstar.models.client import Conversation
from northstar.models.failures import GaveUp, OutOfContext, Refused, ServerUnusable, speaks_of_context
from northstar.models.response import Unreadable, error_message, read_json
from northstar.models.tools import Tools
from northstar.text import storable

if TYPE_CHECKING:
    from jinja2 import Template

Messages = Sequence[Mapping[str, Any]]
Prompt = str | list[int]
"""Text, or tokens where the server gave those."""


async def prompt_for(
    conversation: Conversation,
    messages: Messages,
    apply: bool | None,
    options: Mapping[str, Any],
    tools: Tools | None = None,
) -> Prompt:
    """The prompt of a text request. apply: see InferenceSettings; options: the template's arguments.

    tools: shown by the template. Raises Refused where the template takes no such messages, and ServerUnusable where
    nobody knows it.
    """
    endpoint = conversation.endpoint
    if apply is False or (apply is None and endpoint.chat_template is False):
        return plain_text(messages)
    applied = await _applied_by_server(conversation, messages, options, tools)
    if applied is None and (local := _known_here(endpoint.model)) is not None:
        template, eos_token = local
        shown = {"tools": list(tools.listed)} if tools else {}
        applied = render(template, messages, {"eos_token": eos_token, **options, **shown})
    if applied is not None:
        return applied
    if apply is None and _is_base_model(endpoint.model):
        return plain_text(messages)
    if tools:
        raise ServerUnusable(
            f"neither the server nor a folder {endpoint.model} has a chat template that could show tools to the model. "
            + _LEFT_TO_THE_SERVER
        )
    raise ServerUnusable(
        f"++inference.endpoint_type=text: neither the server nor a folder {endpoint.model} has a chat template. "
        "++inference.apply_chat_template=False sends the prompt as plain text, as base models want it."
    )


async def check_shows_tools(conversation: Conversation, options: Mapping[str, Any]) -> None:
    """Raises ServerUnusable where the model's chat template shows no tools: the model could not know them."""
    model = conversation.endpoint.model
    try:
        shown, plain = [await prompt_for(conversation, _QUESTION, True, options, tools) for tools in (_TOOL, None)]
    except Refused as failure:
        why = str(failure).rstrip(".")
        raise ServerUnusable(f"the chat template of {model} takes no tools ({why}). {_LEFT_TO_THE_SERVER}") from None
    except GaveUp as failure:
        raise ServerUnusable(f"the server does not say whether its chat template shows tools: {failure}.") from None
    if plain == shown:
        raise ServerUnusable(
            f"the chat template of {model} shows no tools to the model, which could not know them. "
            + _LEFT_TO_THE_SERVER
        )


_QUESTION = [{"role": "user", "content": "?"}]
_TOOL = Tools([{"type": "function", "function": {"name": "look", "description": "Looks.", "parameters": {}}}])
_LEFT_TO_THE_SERVER = "++use_client_parsing=False leaves that, and reading the calls, to the server."


def plain_text(messages: Messages) -> str:
    """The messages' texts, one after the other."""
    return "\n\n".join(str(message["content"]) for message in messages if message.get("content"))


def local_template(model: str) -> str | None:
    """The chat template in a model's folder, in any of the places where it is kept; None where there is none."""
    folder = Path(model)
    if (file := folder / "chat_template.jinja").is_file():
        return file.read_text()
    for name in ("chat_template.json", "tokenizer_config.json"):
        found = _json(folder / name).get("chat_template")
        if isinstance(found, list):  # several by name
            found = next((each.get("template") for each in found if each.get("name") == "default"), None)
        if isinstance(found, str):
            return found
    return None


def render(template: str, messages: Messages, options: Mapping[str, Any]) -> str:
    """Apply a Hugging Face chat template, which nobody trusts: in a sandbox.

    Raises Refused where it doesn't take these messages, as many want user and assistant in turns; ServerUnusable for
    one that is none.
    """
    given = {"add_generation_prompt": True, "bos_token": "", "eos_token": "", **options}
    try:
        return storable(_compiled(template).render(messages=list(map(_with_objects, messages)), **given))
    except ServerUnusable:
        raise
    except Exception as error:  # a template can raise anything
        raise Refused(f"the model's chat template does not take these messages: {error}.") from None


@cache
def _compiled(template: str) -> Template:
    from jinja2 import TemplateError
    from jinja2.ext import loopcontrols
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    def refuse(message: str) -> None:
        raise TemplateError(message)

    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols])
    environment.filters["tojson"] = lambda value, **kept: json.dumps(
        value, ensure_ascii=False, indent=kept.get("indent")
    )
    environment.globals.update(raise_exception=refuse, strftime_now=lambda form: datetime.now().strftime(form))
    try:
        return environment.from_string(template)
    except TemplateError as error:
        raise ServerUnusable(f"the model's chat template cannot be read: {error}.") from None


@cache
def _known_here(model: str) -> tuple[str, str] | None:
    """The template in the model's folder, and what ends a turn."""
    template = local_template(model)
    return None if template is None else (template, _eos_token(model))


def _eos_token(model: str) -> str:
    """What ends a turn, for templates that write it; the beginning of a text is the server's to add."""
    token = _json(Path(model) / "tokenizer_config.json").get("eos_token")
    text = token.get("content") if isinstance(token, dict) else token
    return text if isinstance(text, str) else ""


async def _applied_by_server(
    conversation: Conversation,
    messages: Messages,
    options: Mapping[str, Any],
    tools: Tools | None,
) -> Prompt | None:
    """None where the server can't, or its model has no template. Raises Refused where it does not take these."""
    client = conversation.client
    if client.template_path is None:
        client.template_path = await _path_of_template(conversation)
    if not client.template_path:
        return None
    body: dict[str, Any] = {"messages": list(messages)}
    body |= {"chat_template_kwargs": dict(options)} if options else {}
    body |= {"tools": tools.encoded} if tools else {}
    prompt, status, content = await _post(conversation, client.template_path, body)
    if prompt is not None:
        return prompt
    why = error_message(content, client.endpoint.api_key)
    said = f"the server does not apply the chat template: HTTP {status}: {why}"
    raise OutOfContext(said) if speaks_of_context(said) else Refused(said)


async def _path_of_template(conversation: Conversation) -> str:
    """Where the plainest question becomes a prompt; empty where nowhere."""
    for path in _PROMPT_AT:
        if (await _post(conversation, path, {"messages": _QUESTION}))[0] is not None:
            return path
    return ""


async def _post(conversation: Conversation, path: str, body: dict[str, Any]) -> tuple[Prompt | None, int, bytes]:
    """The prompt, if there is one, with status and content."""
    asked = {**body, "add_generation_prompt": True, "model": conversation.endpoint.model}
    status, content = await conversation.post(path, asked)
    field, kind = _PROMPT_AT[path]
    found: Prompt | None = _field(content, field) if status == 200 else None
    return (found if found and isinstance(found, kind) else None), status, content


_PROMPT_AT: dict[str, tuple[str, type]] = {"/apply-template": ("prompt", str), "/tokenize": ("tokens", list)}
"""llama.cpp's, and vLLM's."""


def _with_objects(message: Mapping[str, Any]) -> dict[str, Any]:
    """A message whose calls have their arguments as objects: requests carry text, templates want what it says."""
    if not message.get("tool_calls"):
        return dict(message)
    calls = [
        {**call, "function": {**call["function"], "arguments": json.loads(call["function"]["arguments"])}}
        for call in message["tool_calls"]
    ]
    return {**message, "tool_calls": calls}


def _is_base_model(model: str) -> bool:
    """Whether this is a model's folder that has a tokenizer and no template."""
    folder = Path(model)
    return (folder / "tokenizer_config.json").is_file() and local_template(model) is None


def _field(content: bytes, name: str) -> Any:
    try:
        answer = read_json(content)
    except Unreadable:
        return None
    return answer.get(name) if isinstance(answer, dict) else None


def _json(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
