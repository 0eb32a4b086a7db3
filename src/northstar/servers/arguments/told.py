"""Puts into a benchmark's settings what its server must be told in words of its own: how much the model reasons."""

from __future__ import annotations

import mmap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from northstar.config.plan import ServerPlan
from northstar.config.settings import EvalSettings
from northstar.core.errors import NorthstarError, UsageError
from northstar.models.effort.families import family_of
from northstar.models.effort.servers import TITLES, words_for
from northstar.models.effort.translation import Asked, NoWords, translated
from northstar.models.responses.unsaid import takes_seeds, why_not_said
from northstar.models.templates.model_folder import folder_template
from northstar.models.templates.shown_tags import template_in_folder
from northstar.servers.arguments.model_files import path_of_model

_GGUF_KEY = b"tokenizer.chat_template"
_HEADER = 64 * 2**20
_LONGEST_TEMPLATE = 2**20


def told(settings: EvalSettings, server: ServerPlan) -> EvalSettings:
    """Return the settings with the effort and the budget in the words of the server.

    Raises:
        UsageError: They can't be said to it, or an endpoint is asked that has no word for a setting.
    """
    settings = _with_reasoning(settings, server)
    inference = settings.inference
    if inference.endpoint_type == "responses":
        why_not = why_not_said(inference, settings.chat_template_kwargs, server_words(server))
        if why_not is not None:
            raise UsageError(why_not)
    return settings


def server_words(server: ServerPlan, given: str | None = None) -> str | None:
    """Return whose words a plan's server is spoken to in; None if nothing says."""
    return words_for(given, server.type, [*filter(None, (server.address,)), *server.more_addresses])


def unsaid_fields(settings: EvalSettings, server: ServerPlan) -> frozenset[str]:
    """Return the fields of each request that are not sent, since the endpoint has no word for them."""
    responses = settings.inference.endpoint_type == "responses"
    return frozenset() if not responses or takes_seeds(server_words(server)) else frozenset(("seed",))


def _with_reasoning(settings: EvalSettings, server: ServerPlan) -> EvalSettings:
    inference = settings.inference
    if inference.reasoning_effort is None and inference.reasoning_budget is None:
        return settings
    option = "reasoning_effort" if inference.reasoning_effort is not None else "reasoning_budget"
    asked_for = f"++inference.{option}={getattr(inference, option)}"
    words, model = server_words(server, inference.reasoning_words), server.model or ""
    if words is None:
        raise UsageError(
            f"{asked_for}: nothing says in whose words {model} takes it. Say --server_type (also with an address: "
            f"vllm, sglang, llamacpp, …), or ++inference.reasoning_words ({', '.join(TITLES)})."
        )
    asked = Asked(
        model=model,
        effort=inference.reasoning_effort,
        budget=inference.reasoning_budget,
        endpoint=inference.endpoint_type,
        tokens=inference.tokens_to_generate,
        family=family_of(model, template_of(server)),
    )
    try:
        said = translated(asked, words)
    except NoWords as failure:
        raise UsageError(
            f"{asked_for} can't be said to {model or 'the model'} at {TITLES[words]}: {failure}."
        ) from None
    _check_said_once(asked_for, "inference.extra_body", inference.extra_body, said.body)
    _check_said_once(asked_for, "chat_template_kwargs", settings.chat_template_kwargs, said.template)
    body = {**inference.extra_body, **said.body}
    return settings.model_copy(
        update={
            "inference": inference.model_copy(update={"extra_body": body}),
            "chat_template_kwargs": {**settings.chat_template_kwargs, **said.template},
        }
    )


def _check_said_once(asked_for: str, group: str, given: Mapping[str, Any], said: Mapping[str, Any]) -> None:
    for name, value in said.items():
        if name in given and given[name] != value:
            raise UsageError(
                f"++{group}.{name}={given[name]} contradicts {asked_for}, which sends {value}: leave one out."
            )


def template_of(server: ServerPlan) -> str | None:
    """Return the chat template of the model, where its folder or file is on this machine and nothing replaces it."""
    path = path_of_model(server)
    if path is None or not template_in_folder(server):
        return None
    if path.is_file():
        return _in_gguf(path)
    try:
        found = folder_template(str(path))
    except NorthstarError:
        return None
    return None if found is None else found.source


def _in_gguf(path: Path) -> str | None:
    """Return the template in a GGUF file's header: after its key, the type of a text (4 bytes), its length (8)."""
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            found = content.find(_GGUF_KEY, 0, _HEADER)
            if found < 0:
                return None
            at = found + len(_GGUF_KEY) + 4
            length = int.from_bytes(content[at : at + 8], "little")
            return content[at + 8 : at + 8 + length].decode("utf-8", "replace") if length <= _LONGEST_TEMPLATE else None
    except (OSError, ValueError):
        return None
