"""Shows special tokens in a model's texts if Northstar parses one: the end of the reasoning, or a mark of tool calls.

vLLM and SGLang omit special tokens from texts unless a request has `skip_special_tokens: false`. In some models the tag
that ends the reasoning, or those around a tool call, are such tokens.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from northstar.config.plan import ServerPlan
from northstar.config.settings import EvalSettings
from northstar.models.reply.reasoning import TAGS
from northstar.models.templates.model_folder import special_tokens, tokens_known

SKIP = "skip_special_tokens"
_SERVERS = ("vllm", "sglang")
_READERS = ("--reasoning-parser", "--reasoning_parser")


def reads_reasoning(plan: ServerPlan) -> bool:
    """Return whether a server that Northstar starts was told to separate the reasoning itself."""
    return any(name in plan.args for name in _READERS)


def template_in_folder(plan: ServerPlan) -> bool:
    """Return whether a server that Northstar starts uses the model folder's template, without other arguments."""
    return "chat-template" not in plan.args and "chat_template" not in plan.args


def with_tags_shown(settings: EvalSettings, server: ServerPlan, marks: Iterable[str] = ()) -> EvalSettings:
    """Return the settings with special tokens shown if a tag that is parsed here is one of them.

    Or if it may be one: the tokens of a model that the server fetches from the hub are unknown.

    Args:
        marks: The marks of tool calls that are parsed here.
    """
    inference = settings.inference
    if server.type not in _SERVERS or SKIP in inference.extra_body:
        return settings
    parsed = _ends(settings, server) | set(marks)
    folder = server.seen(server.model or "")
    if not parsed or (tokens_known(folder) and parsed.isdisjoint(special_tokens(folder))):
        return settings
    shown = inference.model_copy(update={"extra_body": {**inference.extra_body, SKIP: False}})
    return settings.model_copy(update={"inference": shown})


def _ends(settings: EvalSettings, server: ServerPlan) -> set[str]:
    """Return the tags that may end the reasoning; none if it is not parsed here."""
    if settings.parse_reasoning is False or (settings.parse_reasoning is None and reads_reasoning(server)):
        return set()
    return {settings.end_reasoning_string, *(tag.end for tag in TAGS if settings.parse_reasoning is None)}


def without_endings(text: str, folder: str, kept: Iterable[str]) -> str:
    """Remove special tokens such as <|im_end|> from the end of a text, except those that are parsed (`kept`)."""
    endings = tuple(_endings(folder).difference(kept))
    while (bare := text.rstrip()).endswith(endings):
        token = max((token for token in endings if bare.endswith(token)), key=len)
        text = bare.removesuffix(token)
    return text


@cache
def _endings(folder: str) -> frozenset[str]:
    return special_tokens(folder) - {word for tag in TAGS for word in tag}
