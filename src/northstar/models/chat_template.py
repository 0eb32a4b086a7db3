"""Messages as the text that a model reads: for servers that are asked to complete a text.

The server itself applies its model's chat template where it can (llama.cpp's /apply-template; vLLM's /tokenize, whose
tokens it takes as a prompt); else the template in the model's folder does. A base model has none: it gets the messages'
plain text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from northstar.models.client import Conversation
from northstar.models.failures import ServerUnusable
from northstar.models.response import Unreadable, read_json
from northstar.models.tools import Tools

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

    tools: shown by the template. Raises ServerUnusable where nobody knows the model's template.
    """
    endpoint = conversation.endpoint
    if apply is False or (apply is None and endpoint.chat_template is False):
        return plain_text(messages)
    applied = await _applied_by_server(conversation, messages, options, tools)
    if applied is None and (local := local_template(endpoint.model)) is not None:
        shown = {"tools": list(tools.listed)} if tools else {}
        applied = render(local, messages, {"eos_token": _eos_token(endpoint.model), **options, **shown})
    if applied is not None:
        return applied
    if apply is None and _is_base_model(endpoint.model):
        return plain_text(messages)
    if tools:
        raise ServerUnusable(
            f"neither the server nor a folder {endpoint.model} has a chat template that could show tools to the model. "
            "++use_client_parsing=False leaves that, and reading the calls, to the server."
        )
    raise ServerUnusable(
        f"++inference.endpoint_type=text: neither the server nor a folder {endpoint.model} has a chat template. "
        "++inference.apply_chat_template=False sends the prompt as plain text, as base models want it."
    )


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
    """Apply a Hugging Face chat template, which nobody trusts: in a sandbox. Raises ServerUnusable if it can't be."""
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
    given = {"add_generation_prompt": True, "bos_token": "", "eos_token": "", **options}
    try:
        return environment.from_string(template).render(messages=list(map(_with_objects, messages)), **given)
    except Exception as error:  # a template can raise anything
        raise ServerUnusable(f"the model's chat template does not take these messages: {error}.") from None


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
    """None where the server can't, or its model has no template."""
    body: dict[str, Any] = {"messages": list(messages), "add_generation_prompt": True}
    body |= {"chat_template_kwargs": dict(options)} if options else {}
    body |= {"tools": tools.encoded} if tools else {}
    for path, field, kind in (("/apply-template", "prompt", str), ("/tokenize", "tokens", list)):
        status, content = await conversation.post(path, {**body, "model": conversation.endpoint.model})
        if status == 200 and isinstance(found := _field(content, field), kind):
            return found
    return None


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
