"""Renders messages to the text that a model reads, for text completion.

The server applies its model's chat template if it can (llama.cpp's /apply-template; vLLM's /tokenize, whose tokens it
accepts as a prompt); otherwise the template in the model's folder is used. A base model has none, and gets the
messages' plain text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from northstar.core.errors import NorthstarError
from northstar.core.text import storable
from northstar.models.conversation import Conversation
from northstar.models.endpoint import Endpoint
from northstar.models.failures import GaveUp, OutOfContext, Refused, ServerUnusable, TemplateRefused
from northstar.models.reply.context_words import speaks_of_context
from northstar.models.reply.error_body import error_message
from northstar.models.reply.json_body import Unreadable, read_json
from northstar.models.templates.model_folder import FolderTemplate, folder_template, is_base_model
from northstar.models.tools import Tools
from northstar.prompts.renderer import TemplateFails, TemplateLost, TemplateOverLimit, foreign_template, in_thread

Messages = Sequence[Mapping[str, Any]]
Prompt = str | list[int]
"""Text, or tokens if the server returned those."""


async def prompt_for(
    conversation: Conversation,
    messages: Messages,
    apply: bool | None,
    options: Mapping[str, Any],
    tools: Tools | None = None,
) -> Prompt:
    """Return the prompt of a text request.

    Args:
        conversation: Asks the server for its template's rendering.
        messages: What to render.
        apply: See InferenceSettings.
        options: The template's arguments.
        tools: Tools for the template to show.

    Raises:
        Refused: The template does not accept these messages.
        ServerUnusable: Neither the server nor a folder has a template.
        NorthstarError: The template takes too much time or memory.
    """
    endpoint = conversation.endpoint
    if apply is False or (apply is None and endpoint.chat_template is False):
        return plain_text(messages)
    applied = await _applied_by_server(conversation, messages, options, tools)
    if applied is None and (local := template_here(endpoint)) is not None:
        applied = await render_here(local, messages, options, tools)
    if applied is not None:
        return applied
    if apply is None and is_base_model(endpoint.model_folder):
        return plain_text(messages)
    if tools:
        raise ServerUnusable(
            f"neither the server nor a folder {endpoint.model} has a chat template that could show tools to the model. "
            + LEFT_TO_THE_SERVER
        )
    raise ServerUnusable(
        f"++inference.endpoint_type=text: neither the server nor a folder {endpoint.model} has a chat template. "
        "++inference.apply_chat_template=False sends the prompt as plain text, as base models want it."
    )


async def check_shows_tools(conversation: Conversation, options: Mapping[str, Any]) -> None:
    """Raise ServerUnusable if the model's chat template shows no tools, which the model could then not know."""
    model = conversation.endpoint.model
    try:
        shown, plain = [await prompt_for(conversation, _QUESTION, True, options, tools) for tools in (_TOOL, None)]
    except Refused as failure:
        raise ServerUnusable(f"{_takes_no_tools(model, failure)} {LEFT_TO_THE_SERVER}") from None
    except GaveUp as failure:
        raise ServerUnusable(f"the server does not say whether its chat template shows tools: {failure}.") from None
    if plain == shown:
        raise ServerUnusable(f"{_shows_no_tools(model)} {LEFT_TO_THE_SERVER}")


def why_no_tools(template: FolderTemplate, model: str, options: Mapping[str, Any]) -> str:
    """Return why the template in the model's folder shows no tools, in a sentence; '' if it shows them.

    Raises ServerUnusable for an invalid template, NorthstarError for one that takes too much time or memory.
    """
    name, given = f"the chat template {template.file}", {"eos_token": template.eos_token, **options}
    try:
        plain = render(template.source, _QUESTION, given, name=name)
        shown = render(template.source, _QUESTION, {**given, "tools": list(_TOOL.listed)}, name=name)
    except Refused as failure:
        return _takes_no_tools(model, failure)
    return _shows_no_tools(model) if plain == shown else ""


def _takes_no_tools(model: str, failure: Refused) -> str:
    return f"the chat template of {model} takes no tools ({str(failure).rstrip('.')})."


def _shows_no_tools(model: str) -> str:
    return f"the chat template of {model} shows no tools to the model, which could not know them."


_QUESTION = [{"role": "user", "content": "?"}]
_TOOL = Tools([{"type": "function", "function": {"name": "look", "description": "Looks.", "parameters": {}}}])
LEFT_TO_THE_SERVER = "++use_client_parsing=False leaves that, and reading the calls, to the server."


def plain_text(messages: Messages) -> str:
    """Join the messages' texts."""
    return "\n\n".join(str(message["content"]) for message in messages if message.get("content"))


class TemplateTooCostly(NorthstarError):
    """A model's template reached a limit of time or memory; no run can continue with it."""


async def render_here(
    template: FolderTemplate,
    messages: Messages,
    options: Mapping[str, Any],
    tools: Tools | None = None,
    *,
    generating: bool = True,
) -> str:
    """Apply the template of a model's folder; `generating`: with the start of an answer. Raises as `render`."""
    shown = {"tools": list(tools.listed)} if tools else {}
    given = {"eos_token": template.eos_token, **options, **shown}
    if not generating:
        given["add_generation_prompt"] = False
    return await in_thread(partial(render, template.source, messages, given, name=f"the chat template {template.file}"))


class TemplateKilled(TemplateTooCostly):
    """The rendering process was killed on every try; that may pass."""


def render(
    template: str, messages: Messages, options: Mapping[str, Any], name: str = "the model's chat template"
) -> str:
    """Apply an untrusted Hugging Face chat template, in a separate process.

    Raises:
        Refused: It does not accept these messages; many require user and assistant to alternate.
        ServerUnusable: It is not a valid template.
        TemplateTooCostly: It takes too much time or memory.
    """
    given = {"add_generation_prompt": True, "bos_token": "", "eos_token": "", **options}
    try:
        ready = foreign_template("chat", template)
    except TemplateFails as error:
        raise ServerUnusable(f"{name} cannot be read: {error}.") from None
    except TemplateLost as lost:
        raise TemplateKilled(f"{name} cannot be compiled: {lost}") from None
    except TemplateOverLimit as over:
        raise TemplateTooCostly(f"{name} cannot be compiled: {over}") from None
    try:
        return storable(ready.render({"messages": list(map(_with_objects, messages)), **given}))
    except TemplateLost as lost:
        raise TemplateKilled(f"{name} cannot be rendered: {lost}") from None
    except TemplateOverLimit as over:
        raise TemplateTooCostly(f"{name} cannot be rendered: {over}") from None
    except (TemplateFails, KeyError, TypeError, ValueError, RecursionError) as error:  # also of calls that are no JSON
        raise TemplateRefused(f"{name} does not take these messages: {error}.") from None


async def _applied_by_server(
    conversation: Conversation,
    messages: Messages,
    options: Mapping[str, Any],
    tools: Tools | None,
) -> Prompt | None:
    """Return the server's rendering; None if it or its model has no template. Raises Refused for such messages."""
    client = conversation.client
    if client.template_path is None:
        client.template_path = await _path_of_template(conversation)
    if not client.template_path:
        return None
    prompt, status, content = await _post(conversation, client.template_path, template_body(messages, options, tools))
    if prompt is not None:
        return prompt
    why = error_message(content, client.endpoint.api_key)
    message = f"the server does not apply the chat template: HTTP {status}: {why}"
    raise OutOfContext(message) if speaks_of_context(message) else Refused(message)


def template_here(endpoint: Endpoint) -> FolderTemplate | None:
    return folder_template(endpoint.model_folder) if endpoint.template_in_folder else None


def template_body(messages: Messages, options: Mapping[str, Any], tools: Tools | None) -> dict[str, Any]:
    body: dict[str, Any] = {"messages": list(messages)}
    body |= {"chat_template_kwargs": dict(options)} if options else {}
    return body | ({"tools": tools.encoded} if tools else {})


async def _path_of_template(conversation: Conversation) -> str:
    """Return the path where the simplest question becomes a prompt; '' if there is none."""
    for path in PROMPT_AT:
        if (await _post(conversation, path, {"messages": _QUESTION}))[0] is not None:
            return path
    return ""


async def _post(conversation: Conversation, path: str, body: dict[str, Any]) -> tuple[Prompt | None, int, bytes]:
    """Return the prompt, if there is one, with status and content."""
    status, content = await conversation.post(path, generating(conversation, body))
    return prompt_in(path, status, content), status, content


def generating(conversation: Conversation, body: Mapping[str, Any]) -> dict[str, Any]:
    return {**body, "add_generation_prompt": True, "model": conversation.endpoint.model}


def prompt_in(path: str, status: int, content: bytes) -> Prompt | None:
    name, kind = PROMPT_AT[path]
    found: Prompt | None = field_of(content, name) if status == 200 else None
    return found if found and isinstance(found, kind) else None


PROMPT_AT: dict[str, tuple[str, type]] = {"/apply-template": ("prompt", str), "/tokenize": ("tokens", list)}
"""The fields of llama.cpp and vLLM."""


def _with_objects(message: Mapping[str, Any]) -> dict[str, Any]:
    """Return a message with its calls' arguments as objects: requests carry text, templates expect values."""
    if not message.get("tool_calls"):
        return dict(message)
    calls = [
        {**call, "function": {**call["function"], "arguments": json.loads(call["function"]["arguments"])}}
        for call in message["tool_calls"]
    ]
    return {**message, "tool_calls": calls}


def field_of(content: bytes, name: str) -> Any:
    try:
        answer = read_json(content)
    except Unreadable:
        return None
    return answer.get(name) if isinstance(answer, dict) else None
