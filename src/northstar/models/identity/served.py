"""What /v1/models says of the models that a server has."""

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


@dataclass(frozen=True, slots=True)
class ServedModel:
    """name: as requests must name it. context_length: tokens of prompt and answer together, if the server says so.

    said: what else the list says of it.
    """

    name: str
    context_length: int | None = None
    said: Mapping[str, Any] = field(default_factory=dict, compare=False)


def read_models(body: bytes) -> list[ServedModel]:
    """All models that the body lists; none where it is no such list."""
    try:
        listed = read_json(body)["data"]
        return [_served(model) for model in listed if isinstance(model, dict) and isinstance(model.get("id"), str)]
    except (Unreadable, KeyError, TypeError):
        return []


def read_served(body: bytes, wanted: str) -> ServedModel:
    """The wanted model, or the first where a server that is ours gave it another name."""
    models = read_models(body)
    return next((model for model in models if model.name == wanted), models[0] if models else ServedModel(wanted))


def listed_name(wanted: str, names: Iterable[str]) -> str | None:
    """The name among `names` that means the wanted model.

    The same, but for how a date in it is written (see `dashed_date`); or else the only one that is the same but for
    what a router puts before it, as in 'openai/gpt-4o'.
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
    """A model's name with its date as OpenAI writes it: m-2025-01-31; others write m-20250131 or m@20250131."""
    return re.sub(_DATE, r"-\1-\2-\3", name)


def _is_routed(longer: str, name: str) -> bool:
    """Whether the longer name is the other behind a router's prefix."""
    return longer.endswith(f"/{name}") and "/" not in name


def read_version(body: bytes) -> str | None:
    """The version that a server's /version tells, if it is one."""
    try:
        version = read_json(body)["version"]
    except (Unreadable, KeyError, TypeError):
        return None
    return storable(version) if isinstance(version, str) and len(version) < 100 else None


def _served(model: dict[str, Any]) -> ServedModel:
    length = model.get("max_model_len")  # vLLM's and SGLang's word
    believable = isinstance(length, int) and not isinstance(length, bool) and 0 < length < 2**40
    return ServedModel(storable(model["id"]), length if believable else None, model)


_PASSING = re.compile(
    r"created|modified|updated|expire|deprecat|lifecycle|(?:_|^)(?:at|time|date|timestamp)$|last_|uptime|permission|"
    r"pric|cost|rate_?limit|per_request|per_second|status|state|loaded|running|active|queue|usage|health|load$|latency|throughput|"
    r"requests|(?:^|_)(?:hits|ttl|tps)$|keep_alive|replicas|provider$|description|^id$|^object$"
)
"""What a server may say otherwise of the same model tomorrow."""
_TELLING = re.compile(
    r"^(?!.*(?:server|build|engine))(?:root|parent|base_?model|max_model_len|owned_by|size|arch|architecture|family|canonical_slug|hugging_face_id|"
    r"(?:model_)?format|model_version|parameter_size|vocab_type|ftype|bits|"
    r"n_(?:params|vocab|embd|layers?|ctx_train)|.*(?:hash|digest|sha256|checksum|revision|commit|quanti[sz]ation).*)$"
)
"""What another value of makes another model; the rest a server may add, or word otherwise, with its next version."""
_MOST_FACTS = 200
_LONGEST_FACT = 200


def said(models: Sequence[ServedModel], key: str | None = None) -> dict[str, Any]:
    """What tells a model from another of the same name, of what a server's list says of it, flat.

    models: the list's entries of that model; a router may have one for each of its servers, which then count together.
    key: of the server; no name and no value holds it.
    """
    found: dict[str, list[Any]] = {}
    for model in models:
        for name, value in _flat(model.said, key):
            values = found.setdefault(name, [])
            if value not in values and len(found) <= _MOST_FACTS:
                values.append(value)
    return {name: values[0] if len(values) == 1 else sorted(values, key=str) for name, values in sorted(found.items())}


def is_telling(key: str) -> bool:
    """Whether another value of this key, of what is `said`, means another model."""
    return _TELLING.match(key.rpartition(".")[2].lower()) is not None


def tells_the_model(said: Mapping[str, Any]) -> bool:
    """Whether anything of what is `said` would be otherwise of another model."""
    return any(is_telling(key) and value is not None for key, value in said.items())


def _flat(held: Mapping[str, Any], key: str | None, prefix: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    for name, value in held.items():
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
    """A text, or a list as one; of a long one its hash."""
    try:
        text = value if isinstance(value, str) else json.dumps(value)
    except RecursionError:
        text = "nested too deep"
    text = without_key(storable(text), key)
    return text if len(text) <= _LONGEST_FACT else f"sha256:{hashlib.sha256(text.encode()).hexdigest()[:32]}"
