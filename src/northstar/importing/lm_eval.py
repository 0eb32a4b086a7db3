"""Reads the samples_*.jsonl of lm-evaluation-harness (--log_samples)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from northstar.importing.found import About, Answer, Found, Tool, malformed, named_id, named_text
from northstar.importing.lines import records

_NAME = re.compile(r"samples_(?P<task>.+?)(?:_[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9.:-]+)?\.jsonl")
_SAMPLING = {
    "temperature": "inference.temperature",
    "top_p": "inference.top_p",
    "max_gen_toks": "inference.tokens_to_generate",
}


class _Line(msgspec.Struct):
    """The fields that are read. `doc_id` is a position, which identifies no row."""

    doc: dict[str, Any]
    resps: list[Any]
    target: Any = None
    filter: str | None = None


class _Arguments(msgspec.Struct):
    arguments: Any = None


_decode = msgspec.json.Decoder(_Line).decode
_arguments = msgspec.json.Decoder(_Arguments).decode


def _read(path: Path) -> Iterator[Found]:
    """Yield each problem once: the harness writes it again for each filter of the task, with the same answers."""
    first_filter: str | None = None
    for number, (place, line) in enumerate(records(path, _decode)):
        if number == 0:
            first_filter = line.filter
        if line.filter != first_filter:
            continue
        text = named_text(line.doc)
        yield Found(
            place=place,
            id=named_id(line.doc),
            text=text,
            other_texts=tuple(value for value in line.doc.values() if isinstance(value, str) and value != text),
            reference=line.target,
            answers=tuple(Answer(text=each) for each in _texts(path, place, line.resps)),
        )


def _texts(path: Path, place: str, resps: list[Any]) -> list[str]:
    """Return the text of each repeat."""
    repeats = resps[0] if len(resps) == 1 and isinstance(resps[0], list) else resps
    for each in repeats:
        if not isinstance(each, str):
            what = "log-likelihoods of given answers" if isinstance(each, list) else f"a {type(each).__name__}"
            raise malformed(path, place, f"its resps are {what}, not texts: there is no generation to grade")
    return list(repeats)


def _about(path: Path) -> About:
    match = _NAME.fullmatch(path.name)
    for _, line in records(path, _arguments):
        return About(group=match["task"] if match else str(path.parent), sampling=_sampling(line.arguments))
    return About(group=path.name)


def _sampling(arguments: Any) -> dict[str, Any]:
    """Return the known sampling settings: {'gen_args_0': {'arg_0': prompt, 'arg_1': {'temperature': 0, …}}}."""
    first = arguments.get("gen_args_0") if isinstance(arguments, Mapping) else None
    given = first.get("arg_1") if isinstance(first, Mapping) else None
    if not isinstance(given, Mapping):
        return {}
    return {
        ours: value
        for name, ours in _SAMPLING.items()
        if isinstance(value := given.get(name), int | float) and not isinstance(value, bool)
    }


LM_EVAL = Tool("lm-evaluation-harness", _read, _about)
