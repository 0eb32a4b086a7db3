"""Gets the text of a prompt as the model reads it, from the server or from the template in the model's folder.

The prompt is rendered with and without the part that starts the answer, which shows what the template adds there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from northstar.models.conversation import Conversation
from northstar.models.failures import GaveUp, Refused
from northstar.models.reply.error_body import error_message
from northstar.models.templates.chat_template import (
    PROMPT_AT,
    Messages,
    Prompt,
    field_of,
    generating,
    plain_text,
    prompt_in,
    render_here,
    template_body,
    template_here,
)
from northstar.models.tools import Tools

_SHOWS_NONE = frozenset({404, 405, 501})


@dataclass(frozen=True)
class Shown:
    """A prompt as the model reads it.

    Attributes:
        text: The whole prompt.
        before: The prompt without the part that starts the answer; None if unknown.
        last_message: The text of the last message, if a template surrounds it.
    """

    text: str
    before: str | None = None
    last_message: str = ""


async def shown_prompt(
    conversation: Conversation,
    messages: Messages,
    options: Mapping[str, Any],
    tools: Tools | None,
    prompt: Prompt | None,
) -> Shown | None:
    """Return what the model reads of the prompt, or of the messages if no prompt is sent.

    None if neither the server, which may use other template arguments, nor a model's folder shows it.

    Raises:
        GaveUp: The server failed for a passing reason.
        Refused: It does not accept these messages, and there is no folder. Also raises as `render` does.
    """
    if prompt is not None and prompt == plain_text(messages):
        return Shown(prompt)
    local = template_here(conversation.endpoint)
    try:
        shown = await _by_server(conversation, messages, template_body(messages, options, tools), prompt)
    except Refused:
        if local is None:
            raise
        shown = None
    if shown is None and local is not None:
        text, before = [
            await render_here(local, messages, options, tools, generating=generates) for generates in (True, False)
        ]
        return Shown(prompt if isinstance(prompt, str) else text, before, _last_text(messages))
    if shown is None and isinstance(prompt, str):
        return Shown(prompt, last_message=_last_text(messages))
    return shown


async def _by_server(
    conversation: Conversation, messages: Messages, body: Mapping[str, Any], prompt: Prompt | None
) -> Shown | None:
    """Ask the server for the prompt's text. Raises GaveUp, or Refused, if no other way remains."""
    applied_at = conversation.client.template_path
    failures: list[GaveUp | Refused] = []
    for path in tuple(PROMPT_AT) if prompt is None else (applied_at,) if applied_at else ():
        try:
            whole = prompt if prompt is not None else await _rendered(conversation, path, body)
            text = await _as_text(conversation, whole)
            if text is None:
                continue
            without = await _rendered(conversation, path, body, add_generation_prompt=False)
            return Shown(text, await _as_text(conversation, without), _last_text(messages))
        except (GaveUp, Refused) as failure:
            failures.append(failure)
    passing = [failure for failure in failures if isinstance(failure, GaveUp)]
    if failures:
        raise (passing or failures)[0]
    return None


async def _rendered(conversation: Conversation, path: str, body: Mapping[str, Any], **other: bool) -> Prompt | None:
    answered = await conversation.look_up(path, generating(conversation, body) | other)
    _check_taken(conversation, path, *answered)
    return prompt_in(path, *answered)


async def _as_text(conversation: Conversation, prompt: Prompt | None) -> str | None:
    """Return the text of tokens, which the server knows."""
    if not isinstance(prompt, list):
        return prompt
    body = {"model": conversation.endpoint.model, "tokens": prompt}
    answered = await conversation.look_up("/detokenize", body)
    _check_taken(conversation, "/detokenize", *answered)
    text = field_of(answered[1], "prompt") if answered[0] == 200 else None
    return text if isinstance(text, str) else None


def _check_taken(conversation: Conversation, path: str, status: int, content: bytes) -> None:
    """Raise Refused if the server seems to show prompts, but not this one."""
    if status != 200 and status not in _SHOWS_NONE:
        message = error_message(content, conversation.endpoint.api_key)
        raise Refused(f"{path}: HTTP {status}: {message}")


def _last_text(messages: Messages) -> str:
    """Return the text of the last message, or of its last text part."""
    content = messages[-1].get("content") if messages else None
    if isinstance(content, list):
        texts = [part.get("text") for part in content if isinstance(part, Mapping)]
        content = next((text for text in reversed(texts) if isinstance(text, str)), None)
    return content if isinstance(content, str) else ""
