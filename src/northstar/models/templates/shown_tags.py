"""Shows special tokens in a model's texts if one of them ends the reasoning that Northstar parses, else hides them.

vLLM and SGLang omit special tokens from texts unless a request has `skip_special_tokens: false`. In some models the tag
that ends the reasoning is such a token.
"""

from __future__ import annotations

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


def with_tags_shown(settings: EvalSettings, server: ServerPlan) -> EvalSettings:
    """Return the settings with special tokens shown if the end of the reasoning is parsed here and is one of them.

    Or if it may be one: the tokens of a model that the server fetches from the hub are unknown.
    """
    inference = settings.inference
    if server.type not in _SERVERS or settings.parse_reasoning is False or SKIP in inference.extra_body:
        return settings
    if settings.parse_reasoning is None and reads_reasoning(server):
        return settings
    ends = {settings.end_reasoning_string}
    ends |= {tag.end for tag in TAGS} if settings.parse_reasoning is None else set()
    folder = server.seen(server.model or "")
    if tokens_known(folder) and ends.isdisjoint(special_tokens(folder)):
        return settings
    shown = inference.model_copy(update={"extra_body": {**inference.extra_body, SKIP: False}})
    return settings.model_copy(update={"inference": shown})


def without_endings(text: str, folder: str, end: str) -> str:
    """Remove special tokens such as <|im_end|> from the end of a text, except the end of the reasoning (`end`)."""
    endings = tuple(token for token in _endings(folder) if token != end)
    while (bare := text.rstrip()).endswith(endings):
        token = max((token for token in endings if bare.endswith(token)), key=len)
        text = bare.removesuffix(token)
    return text


@cache
def _endings(folder: str) -> frozenset[str]:
    return special_tokens(folder) - {word for tag in TAGS for word in tag}
