"""Says how much a model is to reason, in the words of each server; refuses what one has no words for.

From the servers' references (2026-11): OpenAI, Azure, OpenRouter, DeepSeek, DashScope, Anthropic, Gemini; from the
sources of vLLM 0.32, SGLang and llama.cpp. docs/servers.md shows it as a table.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from northstar.models.effort.families import Family
from northstar.models.effort.servers import TITLES

Endpoint = Literal["chat", "text", "responses"]


class NoWords(Exception):
    """A server or model has no words for what is asked; the message says why, as the end of a sentence."""


@dataclass(frozen=True)
class Asked:
    """How much a model is to reason.

    Attributes:
        effort: ++inference.reasoning_effort.
        budget: ++inference.reasoning_budget.
        tokens: Of an answer, reasoning included.
        family: Of the model; None if it is not known.
    """

    model: str
    effort: str | None = None
    budget: int | None = None
    endpoint: Endpoint = "chat"
    tokens: int | None = None
    family: Family | None = None


@dataclass(frozen=True)
class Said:
    """The same in a server's words: fields of each request, and arguments of the chat template."""

    body: Mapping[str, Any] = field(default_factory=dict)
    template: Mapping[str, Any] = field(default_factory=dict)


def translated(asked: Asked, words: str) -> Said:
    """Return how a server is told. Raises NoWords.

    >>> translated(Asked("o3", effort="high"), "openai").body
    {'reasoning_effort': 'high'}
    >>> translated(Asked("o3", effort="high", endpoint="responses"), "openai").body
    {'reasoning': {'effort': 'high'}}
    """
    if asked.effort == "none" and asked.budget is not None:
        raise NoWords("an effort of none leaves no tokens to a budget")
    if words in _STARTED:
        return _by_server(asked, words)
    if asked.endpoint == "text":
        raise NoWords(f"{TITLES[words]} takes it for chats alone")
    return _BY_PROVIDER[words](asked)


_STARTED = ("vllm", "sglang", "trtllm", "llamacpp")


def _by_server(asked: Asked, words: str) -> Said:
    """Of a server that runs a model's own template: that has a variable, or the server a field, for each of the two."""
    body: dict[str, Any] = {}
    template: dict[str, Any] = {}
    family, effort = asked.family, asked.effort
    if effort is not None:
        if family is None:
            raise NoWords(
                f"neither its name nor its chat template says how {asked.model} is told; ++chat_template_kwargs "
                "says it in the template's own words"
            )
        if effort in family.levels:
            if family.harmony and words != "llamacpp" and asked.endpoint != "text":
                body |= _in_field(asked, effort)
            else:
                template[family.level] = effort
        elif family.switch and effort in ("on", "none"):
            template[family.switch] = effort == "on"
        elif not (family.always and effort == "on"):
            raise NoWords(_known_of(family))
    if template and words == "trtllm" and asked.endpoint == "responses":
        raise NoWords(f"the Responses API of {TITLES[words]} takes no arguments of the chat template")
    if asked.budget is not None:
        if family is not None and family.budget:
            template[family.budget] = asked.budget
        elif words == "vllm" and asked.endpoint != "responses":
            body["thinking_token_budget"] = asked.budget
        elif words == "llamacpp" and asked.endpoint != "text" and family is not None:
            body["thinking_budget_tokens"] = asked.budget
        else:
            raise NoWords(_no_budget(asked, words))
    return Said(body, template)


def _known_of(family: Family) -> str:
    """Say which efforts a family knows."""
    known = ["on"] if family.switch or family.always else []
    known += [*family.levels, *(["none"] if family.switch else [])]
    if not known:
        return f"{family.title} can be told a budget alone"
    return f"{family.title} can be told {', '.join(known)}" + (" alone" if len(known) == 1 else "")


def _no_budget(asked: Asked, words: str) -> str:
    if words == "llamacpp" and asked.family is None:
        return f"llama.cpp applies it to models that reason, and nothing says that {asked.model} does"
    where = {"text": " of a text completion", "responses": " of a response"}.get(asked.endpoint, "")
    return f"{TITLES[words]} has no field for the budget{where}, and no variable of the model's chat template is known"


def _in_field(asked: Asked, effort: str) -> dict[str, Any]:
    return {"reasoning": {"effort": effort}} if asked.endpoint == "responses" else {"reasoning_effort": effort}


_OF_OPENAI = (
    (r"o[1-9](?![0-9])", ("low", "medium", "high")),
    (r"gpt-5(?![.\d])(?!-chat)", ("minimal", "low", "medium", "high")),
    (r"gpt-5\.1(?!\d)(?!-chat)", ("none", "low", "medium", "high")),
    (r"gpt-(?:5\.[2-9]|[6-9])", ("none", "minimal", "low", "medium", "high", "xhigh", "max")),
    (r"gpt-oss", ("low", "medium", "high")),
)
"""Models of OpenAI that reason → the efforts that they take; which of the last ones do, the server says."""
_OTHERS_OF_OPENAI = r"(?:gpt-[34]|chatgpt|gpt-5[\d.]*-chat|text-|davinci)"


def is_no_reasoner(model: str) -> bool:
    """Return whether this is a model of OpenAI's that does not reason.

    >>> is_no_reasoner("gpt-4o"), is_no_reasoner("o3"), is_no_reasoner("my-deployment")
    (True, False, False)
    """
    return re.match(_OTHERS_OF_OPENAI, _name_at_openai(model)) is not None


def _name_at_openai(model: str) -> str:
    return model.rpartition("/")[2].lower().removeprefix("ft:")


def _openai(asked: Asked) -> Said:
    if asked.budget is not None:
        raise NoWords("OpenAI's API has no budget of tokens; ++inference.reasoning_effort says how much it reasons")
    name = _name_at_openai(asked.model)
    if is_no_reasoner(asked.model):
        raise NoWords(f"{asked.model} does not reason")
    known = next((efforts for pattern, efforts in _OF_OPENAI if re.match(pattern, name)), None)
    assert asked.effort is not None
    if asked.effort == "on" or (known is not None and asked.effort not in known):
        raise NoWords(f"{asked.model} takes {', '.join(known or ('low', 'medium', 'high'))}")
    return Said(_in_field(asked, asked.effort))


def _openrouter(asked: Asked) -> Said:
    if asked.effort not in (None, "on") and asked.budget is not None:
        raise NoWords("OpenRouter takes an effort or a budget, not both")
    if asked.budget is not None:
        return Said({"reasoning": {"max_tokens": asked.budget}})
    return Said({"reasoning": {"enabled": True} if asked.effort == "on" else {"effort": asked.effort}})


def _deepseek(asked: Asked) -> Said:
    if asked.budget is not None:
        raise NoWords("DeepSeek's API has no budget of tokens")
    known = ("none", "on", "low", "high", "max")
    if asked.effort not in known:
        raise NoWords(f"DeepSeek's API takes {', '.join(known)}, and would make another of these of it")
    if asked.endpoint == "responses":
        if asked.effort == "on":
            raise NoWords("DeepSeek's Responses API takes none, low, high, max")
        return Said({"reasoning": {"effort": asked.effort}})
    switch = {"thinking": {"type": "disabled" if asked.effort == "none" else "enabled"}}
    return Said(switch if asked.effort in ("none", "on") else {**switch, "reasoning_effort": asked.effort})


def _dashscope(asked: Asked) -> Said:
    if asked.endpoint == "responses" and asked.budget is not None:
        raise NoWords("DashScope takes a budget for chats alone")
    if asked.effort not in (None, "none", "on"):
        raise NoWords("DashScope takes on, none, or a budget (++inference.reasoning_budget)")
    budget = {} if asked.budget is None else {"thinking_budget": asked.budget}
    return Said({"enable_thinking": asked.effort != "none", **budget})


LEAST_OF_ANTHROPIC = 1024


def _anthropic(asked: Asked) -> Said:
    if asked.endpoint == "responses":
        raise NoWords("Anthropic has no Responses API")
    if asked.effort == "none":
        return Said({"thinking": {"type": "disabled"}})
    if asked.budget is None or asked.effort not in (None, "on"):
        raise NoWords("Anthropic's API takes none, or a budget (++inference.reasoning_budget)")
    if asked.budget < LEAST_OF_ANTHROPIC or (asked.tokens is not None and asked.budget >= asked.tokens):
        raise NoWords(
            f"Anthropic's API takes a budget from {LEAST_OF_ANTHROPIC} to less than ++inference.tokens_to_generate"
            + ("" if asked.tokens is None else f" ({asked.tokens})")
        )
    return Said({"thinking": {"type": "enabled", "budget_tokens": asked.budget}})


def _gemini(asked: Asked) -> Said:
    if asked.endpoint == "responses":
        raise NoWords("Gemini has no Responses API")
    if asked.effort is not None and asked.budget is not None:
        raise NoWords("Gemini takes an effort or a budget, not both")
    if asked.budget is not None:
        return Said({"extra_body": {"google": {"thinking_config": {"thinking_budget": asked.budget}}}})
    known = ("none", "minimal", "low", "medium", "high")
    if asked.effort not in known:
        raise NoWords(f"Gemini takes {', '.join(known)}")
    if asked.effort == "none" and re.search(r"2\.5-pro|gemini-[3-9]", asked.model.lower()):
        raise NoWords(f"the reasoning of {asked.model} can't be turned off")
    return Said({"reasoning_effort": asked.effort})


_BY_PROVIDER: Mapping[str, Callable[[Asked], Said]] = {
    "openai": _openai,
    "openrouter": _openrouter,
    "deepseek": _deepseek,
    "dashscope": _dashscope,
    "anthropic": _anthropic,
    "gemini": _gemini,
}
