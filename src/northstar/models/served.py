"""What /v1/models says of the models that a server has."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from northstar.models.response import Unreadable, read_json
from northstar.text import storable

_DATE = re.compile(r"-(20[0-9]{2})-?([01][0-9])-?([0-3][0-9])$")
"""OpenAI writes o3-mini-2025-01-31 where others write o3-mini-20250131."""


@dataclass(frozen=True, slots=True)
class ServedModel:
    """name: as requests must name it. context_length: tokens of prompt and answer together, if the server says so."""

    name: str
    context_length: int | None = None


def read_models(body: bytes) -> list[ServedModel]:
    """All models that the body lists; none where it is no such list."""
    try:
        listed = read_json(body)["data"]
        return [_served(model) for model in listed if isinstance(model.get("id"), str)]
    except (Unreadable, KeyError, TypeError, AttributeError):
        return []


def read_served(body: bytes, wanted: str) -> ServedModel:
    """The wanted model, or the first where a server that is ours gave it another name."""
    models = read_models(body)
    return next((model for model in models if model.name == wanted), models[0] if models else ServedModel(wanted))


def listed_name(wanted: str, names: Iterable[str]) -> str | None:
    """The name among `names` that means the wanted model: the same, but for the dashes of a date at its end."""
    names = list(names)
    if wanted in names:
        return wanted
    return next((name for name in names if _undashed(name) == _undashed(wanted)), None)


def read_version(body: bytes) -> str | None:
    """The version that a server's /version tells, if it is one."""
    try:
        version = read_json(body)["version"]
    except (Unreadable, KeyError, TypeError):
        return None
    return storable(version) if isinstance(version, str) and len(version) < 100 else None


def _undashed(name: str) -> str:
    return _DATE.sub(r"-\1\2\3", name)


def _served(model: dict[str, Any]) -> ServedModel:
    length = model.get("max_model_len")  # vLLM's and SGLang's word
    believable = isinstance(length, int) and not isinstance(length, bool) and 0 < length < 2**40
    return ServedModel(storable(model["id"]), length if believable else None)
