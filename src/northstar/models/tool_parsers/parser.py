"""The contract of a tool parser, and the choice of one by the model's name."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from northstar.config.plugins import Group, load_plugin, plugin_names
from northstar.core.errors import UsageError, did_you_mean


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One call as the model wrote it; `arguments` is a JSON object as text."""

    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Parsed:
    """The calls of an answer in their order, and its text without them; if there are no calls, all of the text.

    A parser reads what vLLM's of that form reads, and leaves out what that leaves out.
    """

    calls: tuple[ToolCall, ...]
    text: str


@dataclass(frozen=True, slots=True)
class ToolParser:
    """What a module of this folder defines as PARSER.

    Attributes:
        parse: A pure function of the answer without its reasoning; never raises, takes linear time.
        special_tokens: Whether its marks are special tokens of every model, which servers leave out of a text unless
            asked for them.
        marks: Marks of calls, which are special tokens in some models.
    """

    parse: Callable[[str], Parsed]
    special_tokens: bool = False
    marks: tuple[str, ...] = ()


def numbered(calls: Sequence[ToolCall]) -> list[dict[str, str]]:
    """Return calls as in records and requests, with ids of nine digits, as Mistral's templates require."""
    return [
        {"id": f"{number:09d}", "name": call.name, "arguments": call.arguments} for number, call in enumerate(calls)
    ]


_MACHINERY = ("arithmetic", "json_calls", "parser", "python_calls")

# The first match in a model's name decides: names of fine-tunes contain the name of their base model.
_BY_MODEL = (
    (r"qwen-?3-?coder|nemotron-?3|gpt-?oss", None),  # forms of their own, which no parser here reads
    (r"nemotron", "llama_nemotron"),
    (r"deepseek", "deepseek"),
    (r"hermes|qwen|qwq|smollm", "hermes"),
    (r"mi[sx]tral|ministral|magistral|devstral", "mistral"),
    (r"llama-?4", "pythonic"),
    (r"llama-?3", "llama3_json"),
)


def tool_parser_names() -> list[str]:
    """List the values of ++tool_parser: Northstar's own, and those of installed packages; imports none of them."""
    return sorted({*_own_names(), *plugin_names(Group.TOOL_PARSERS)})


def _own_names() -> list[str]:
    modules = pkgutil.iter_modules([str(Path(__file__).parent)])
    return sorted(module.name for module in modules if module.name not in _MACHINERY)


def tool_parser_for(name: str | None, model: str) -> str:
    """Return the given parser's name, else the one that the model's name implies. Raises UsageError."""
    chosen = name or _named_by(model)
    if chosen is None:
        raise UsageError(
            f"no tool parser is known for the model '{model}': name the form of its calls with ++tool_parser= "
            f"({', '.join(tool_parser_names())}), or let the server read them with ++use_client_parsing=False."
        )
    if chosen not in tool_parser_names():
        raise UsageError(
            f"unknown ++tool_parser={chosen}.{did_you_mean(chosen, tool_parser_names())} "
            f"There are {', '.join(tool_parser_names())}."
        )
    return chosen


@cache
def find_tool_parser(name: str | None, model: str) -> ToolParser:
    """Return that parser. Raises UsageError."""
    chosen = tool_parser_for(name, model)
    installed: ToolParser | None = load_plugin(Group.TOOL_PARSERS, chosen, ToolParser, _own_names())
    if installed is not None:
        return installed
    parser: ToolParser = importlib.import_module(f"{__package__}.{chosen}").PARSER
    return parser


def _named_by(model: str) -> str | None:
    """Return the last part of a path that implies a parser: '/models/Qwen3-8B/snapshots/5a1b' is a Qwen."""
    for part in reversed(model.replace("_", "-").lower().split("/")):
        for pattern, name in _BY_MODEL:
            if re.search(pattern, part):
                return name
    return None
