"""Reads a server's /v1/models: the models that it has, and what distinguishes them."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from northstar.core.text import storable
from northstar.models.reply.json_body import Unreadable, read_json
from northstar.models.secrets import without_key

_DATE = r"[-_@](20[0-9]{2})-?(0[1-9]|1[0-2])-?(0[1-9]|[12][0-9]|3[01])(?![0-9])"
_NUMBER = re.compile(r"0|[1-9][0-9]{0,17}")


@dataclass(frozen=True, slots=True)
class ServedModel:
    """A model in a server's list.

    Attributes:
        name: The name for requests.
        context_length: Tokens of prompt and answer together, if the server tells.
        details: The whole entry in the list.
    """

    name: str
    context_length: int | None = None
    details: Mapping[str, Any] = field(default_factory=dict, compare=False)


def read_models(body: bytes) -> list[ServedModel]:
    """Return all models in a list; [] if the body is not such a list."""
    try:
        listed = read_json(body)["data"]
        return [_served(model) for model in listed if isinstance(model, dict) and isinstance(model.get("id"), str)]
    except (Unreadable, KeyError, TypeError):
        return []


def read_served(body: bytes, wanted: str) -> ServedModel:
    """Return the wanted model, or the first, where our own server has named it differently."""
    models = read_models(body)
    return next((model for model in models if model.name == wanted), models[0] if models else ServedModel(wanted))


def listed_name(wanted: str, names: Iterable[str]) -> str | None:
    """Return the name among `names` that means the wanted model, if one does.

    It may differ in how it writes a date (see `dashed_date`); or else be the only one that differs in a router's
    prefix, as in 'openai/gpt-4o'.
    """
    names = list(names)
    if wanted in names:
        return wanted
    dashed = dashed_date(wanted)
    if (same := next((name for name in names if dashed_date(name) == dashed), None)) is not None:
        return same
    routed = [name for name in names if _is_routed(dashed_date(name), dashed) or _is_routed(dashed, dashed_date(name))]
    return routed[0] if len(routed) == 1 else None


def dashed_date(name: str) -> str:
    """Write the date in a model's name as OpenAI does.

    >>> dashed_date("m-20250131"), dashed_date("m@20250131")
    ('m-2025-01-31', 'm-2025-01-31')
    """
    return re.sub(_DATE, r"-\1-\2-\3", name)


def _is_routed(longer: str, name: str) -> bool:
    """Return whether the longer name is the other one with a router's prefix."""
    return longer.endswith(f"/{name}") and "/" not in name


def read_version(body: bytes) -> str | None:
    """Return the version in a server's /version response, if it is one."""
    try:
        version = read_json(body)["version"]
    except (Unreadable, KeyError, TypeError):
        return None
    return storable(version) if isinstance(version, str) and len(version) < 100 else None


def number_in(value: Any) -> Any:
    """Return the number that a text of digits is, as some servers write theirs; anything else as it is.

    >>> number_in("4096"), number_in("4096-a"), number_in("007")
    (4096, '4096-a', '007')
    """
    return int(value) if isinstance(value, str) and _NUMBER.fullmatch(value) else value


def _served(model: dict[str, Any]) -> ServedModel:
    length = number_in(model.get("max_model_len"))  # the field of vLLM and SGLang
    believable = isinstance(length, int) and not isinstance(length, bool) and 0 < length < 2**40
    return ServedModel(storable(model["id"]), length if believable else None, model)


_PASSING = re.compile(
    r"created|modified|updated|expire|deprecat|lifecycle|(?:_|^)(?:at|time|date|timestamp)$|last_|uptime|permission|"
    r"pric|cost|rate_?limit|per_request|per_second|status|state|loaded|running|active|queue|usage|health|load$|latency|throughput|"
    r"requests|(?:^|_)(?:hits|ttl|tps)$|keep_alive|replicas|provider$|description|^id$|^object$"
)
"""Fields that may change from day to day for the same model."""
_TELLING = re.compile(
    r"^(?!.*(?:server|build|engine))(?:root|parent|base_?model|max_model_len|owned_by|size|arch|architecture|family|canonical_slug|hugging_face_id|"
    r"(?:model_)?format|model_version|parameter_size|vocab_type|ftype|bits|"
    r"n_(?:params|vocab|embd|layers?|ctx_train)|.*(?:hash|digest|sha256|checksum|revision|commit|quanti[sz]ation).*)$"
)
"""Fields whose change means another model; servers may add or rephrase all others in their next version."""
_MOST_FACTS = 200
_LONGEST_FACT = 200


def model_details(models: Sequence[ServedModel], key: str | None = None) -> dict[str, Any]:
    """Return, as a flat dict, what a server's list tells about a model that distinguishes it from namesakes.

    Args:
        models: The list's entries for the model; a router may have one per server, which are merged.
        key: The server's key, hidden in names and values.
    """
    found: dict[str, list[Any]] = {}
    for model in models:
        for name, value in _flat(model.details, key):
            values = found.setdefault(name, [])
            if value not in values and len(found) <= _MOST_FACTS:
                values.append(value)
    return {name: values[0] if len(values) == 1 else sorted(values, key=str) for name, values in sorted(found.items())}


def is_telling(key: str) -> bool:
    """Return whether another value of this detail means another model."""
    return _TELLING.match(key.rpartition(".")[2].lower()) is not None


def tells_the_model(details: Mapping[str, Any]) -> bool:
    """Return whether any of these details would differ for another model."""
    return any(is_telling(key) and value is not None for key, value in details.items())


def _flat(details: Mapping[str, Any], key: str | None, prefix: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    for name, value in details.items():
        value = number_in(value)
        place = prefix + without_key(storable(name), key)[:_LONGEST_FACT]
        if _PASSING.search(name.lower()):
            continue
        if isinstance(value, dict) and depth < 4:
            yield from _flat(value, key, f"{place}.", depth + 1)
        elif value is None or (isinstance(value, (int, float)) and abs(value) < 2**63):
            yield place, value
        else:
            yield place, _fact(value, key)


def _fact(value: Any, key: str | None) -> str:
    """Return a value as text, or its hash if that is long."""
    try:
        text = value if isinstance(value, str) else json.dumps(value)
    except RecursionError:
        text = "nested too deep"
    text = without_key(storable(text), key)
    return text if len(text) <= _LONGEST_FACT else f"sha256:{hashlib.sha256(text.encode()).hexdigest()[:32]}"
