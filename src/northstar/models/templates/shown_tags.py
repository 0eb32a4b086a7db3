"""Special tokens in a model's texts: shown where one of them ends the reasoning that Northstar reads, gone elsewhere.

vLLM and SGLang leave special tokens out of texts unless a request says `skip_special_tokens: false`. In some models the
tag that ends the reasoning is such a token.
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
    """Whether a server that is started was told to tell the reasoning apart itself."""
    return any(name in plan.args for name in _READERS)


def template_in_folder(plan: ServerPlan) -> bool:
    """Whether a server that is started uses the template in the model's folder, and as it is; else it was told
    another, or other arguments of it.
    """
    return "chat-template" not in plan.args and "chat_template" not in plan.args


def with_tags_shown(settings: EvalSettings, server: ServerPlan) -> EvalSettings:
    """The settings with special tokens shown, where the end of the reasoning is read here and is one of them.

    Also where it may be one: nothing is known of the tokens of a model that the server is to fetch from the hub.
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
    """The text without the special tokens at its end, as <|im_end|>; what ends the reasoning (`end`) stays."""
    endings = tuple(token for token in _endings(folder) if token != end)
    while (bare := text.rstrip()).endswith(endings):
        token = max((token for token in endings if bare.endswith(token)), key=len)
        text = bare.removesuffix(token)
    return text


@cache
def _endings(folder: str) -> frozenset[str]:
    return special_tokens(folder) - {word for tag in TAGS for word in tag}
