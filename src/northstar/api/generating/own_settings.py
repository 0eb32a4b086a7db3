"""Takes the settings that only `ns generate` has out of its overrides."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from northstar.config.input.rows import PromptFormat
from northstar.config.overrides import override_words
from northstar.core.errors import UsageError, did_you_mean

FORMATS: tuple[PromptFormat, ...] = ("ns", "openai", "text")
KEYS = ("prompt_format", "prompt_key", "multi_turn_key")
_PROMPT_KEYS: Mapping[str, str] = {"ns": "", "openai": "messages", "text": "prompt"}


@dataclass(frozen=True)
class Asking:
    """How rows are asked: see InputRows."""

    prompt_format: PromptFormat
    prompt_key: str
    multi_turn_key: str | None


def parted(given: str | Sequence[str] | Mapping[str, Any]) -> tuple[Asking, list[str] | dict[str, Any]]:
    """Part overrides into those of `ns generate` and all others. Raises UsageError."""
    rest: list[str] | dict[str, Any]
    own: dict[str, Any] = {}
    if isinstance(given, Mapping):
        own, rest = ({key: value for key, value in given.items() if (key in KEYS) == mine} for mine in (True, False))
    else:
        rest = []
        for word in override_words(given, "--overrides"):
            match = re.fullmatch(rf"\+\+({'|'.join(KEYS)})=(.*)", word, re.DOTALL)
            if match is None:
                rest.append(word)
            else:
                own[match[1]] = match[2].strip("'\"")
    return _read(own), rest


def _read(own: Mapping[str, Any]) -> Asking:
    form = own.get("prompt_format") or "ns"
    if form not in FORMATS:
        raise UsageError(
            f"++prompt_format={form} must be ns (a prompt file), openai (the rows' messages) or text (the rows' text)."
            f"{did_you_mean(str(form), FORMATS)}"
        )
    key, turns = own.get("prompt_key"), own.get("multi_turn_key")
    for name, value in {"prompt_key": key, "multi_turn_key": turns}.items():
        if value is not None and (not isinstance(value, str) or not value):
            raise UsageError(f"++{name}={value!r} must be the name of a field.")
    if form == "ns" and key:
        raise UsageError(
            "++prompt_key goes with ++prompt_format=openai or text; a prompt file names its fields itself."
        )
    if form == "openai" and turns:
        raise UsageError(
            "++multi_turn_key does not go with ++prompt_format=openai: the turns are texts (++prompt_format=text), or "
            "fields of a prompt file (++prompt_config)."
        )
    if form == "text" and turns and key:
        raise UsageError("++prompt_key and ++multi_turn_key both say where the text is: leave one out.")
    return Asking(form, "" if turns else key or _PROMPT_KEYS[form], turns or None)
