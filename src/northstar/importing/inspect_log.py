"""Reads the logs of Inspect: .eval, a zip file with an entry a sample, and .json."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from northstar.core.errors import NorthstarError
from northstar.core.parsing import Malformed, parsed
from northstar.core.regular import check_regular
from northstar.core.text import storable
from northstar.importing.found import About, Answer, Found, Number, Tokens, Tool, malformed
from northstar.importing.zipped import ZipReader

LARGEST_JSON = 192 << 20
"""Bytes of a log in the form .json, which is read whole."""
LARGEST_WITH_NAN = 64 << 20
_ATTACHMENT = "attachment://"
_SAMPLING = {
    "temperature": "inference.temperature",
    "top_p": "inference.top_p",
    "max_tokens": "inference.tokens_to_generate",
}


class _Message(msgspec.Struct):
    role: str = ""
    content: str | list[dict[str, Any]] = ""


class _Choice(msgspec.Struct):
    message: _Message = msgspec.field(default_factory=_Message)
    stop_reason: str | None = None


class _Usage(msgspec.Struct):
    input_tokens: Tokens | None = None
    output_tokens: Tokens | None = None


class _Output(msgspec.Struct):
    choices: list[_Choice] = []
    usage: _Usage | None = None


class _Sample(msgspec.Struct):
    """The fields that are read; the events, most of a log, are skipped."""

    id: str | int
    input: str | list[_Message]
    epoch: Number = 1
    target: Any = None
    output: _Output | None = None
    error: Any = None
    attachments: dict[str, str] = {}
    started_at: str | None = None
    completed_at: str | None = None


class _Spec(msgspec.Struct):
    """What was evaluated: `eval` of a log."""

    task: str = ""
    model: str | None = None
    model_generate_config: dict[str, Any] = {}


class _Header(msgspec.Struct):
    eval: _Spec


class _Log(_Header):
    samples: list[msgspec.Raw] = []


_T = TypeVar("_T")


def _decoder(kind: type[_T]) -> Callable[[bytes], _T]:
    decode = msgspec.json.Decoder(kind).decode

    def lenient(data: bytes) -> _T:
        """Decode JSON; NaN and Infinity, which Inspect writes for scores, are null."""
        try:
            return decode(data)
        except msgspec.ValidationError:
            raise
        except msgspec.DecodeError:
            if len(data) > LARGEST_WITH_NAN or not (b"NaN" in data or b"Infinity" in data):
                raise
            return msgspec.convert(json.loads(data, parse_constant=lambda _: None), kind)

    return lenient


_sample, _header, _log = _decoder(_Sample), _decoder(_Header), _decoder(_Log)


def _read(path: Path) -> Iterator[Found]:
    if path.suffix == ".json":
        for number, raw in enumerate(_whole(path).samples, start=1):
            yield _found(path, f"sample {number}", bytes(raw))
        return
    with _opened(path) as log:
        for name in log.entries:
            if name.startswith("samples/") and name.endswith(".json"):
                yield _found(path, name, log.read(name))


def _about(path: Path) -> About:
    if path.suffix == ".json":
        return _said_of(_whole(path).eval)
    with _opened(path) as log:
        for name in ("header.json", "_journal/start.json"):  # a log whose run was killed has no header
            if name in log.entries:
                return _said_of(_parsed(path, name, log.read(name), _header).eval)
    raise NorthstarError(f"{path} has no header.json: it is not a log of Inspect.")


def is_log(path: Path) -> bool:
    """Return whether a .json file is a log of Inspect. Reads its beginning."""
    check_regular(path)
    with path.open("rb") as file:
        start = file.read(4096)
    return b'"eval"' in start and b'"status"' in start


@contextmanager
def _opened(path: Path) -> Iterator[ZipReader]:
    check_regular(path)
    try:
        with path.open("rb") as file:
            yield ZipReader(path, file)
    except OSError as error:
        raise NorthstarError(f"cannot read {path}: {error.strerror}.") from None


def _whole(path: Path) -> _Log:
    check_regular(path)
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_JSON + 1)
    except OSError as error:
        raise NorthstarError(f"cannot read {path}: {error.strerror}.") from None
    if len(data) > LARGEST_JSON:
        raise NorthstarError(
            f"{path} is larger than {LARGEST_JSON >> 20} MiB, too large for the form .json; inspect log convert --to "
            "eval makes it one that is read sample by sample."
        )
    return _parsed(path, "the log", data, _log)


def _parsed(path: Path, place: str, data: bytes, decode: Callable[[bytes], _T]) -> _T:
    try:
        return parsed(data, decode)
    except Malformed as error:
        raise malformed(path, place, error) from None


def _said_of(spec: _Spec) -> About:
    given = spec.model_generate_config
    known = {ours: given[name] for name, ours in _SAMPLING.items() if isinstance(given.get(name), int | float)}
    return About(group=spec.task, model=spec.model, sampling=known)


def _found(path: Path, place: str, data: bytes) -> Found:
    sample = _parsed(path, place, data, _sample)
    if sample.epoch < 1:
        raise malformed(path, place, "its epoch is 0; epochs begin with 1")
    asked = sample.input
    if isinstance(asked, list):
        users = [_texts(message.content)[0] for message in asked if message.role == "user"]
        asked = users[-1] if users else ""
    reference = sample.target[0] if isinstance(sample.target, list) and sample.target else sample.target
    text = _attached(sample, asked)
    return Found(
        place=place,
        id=sample.id,
        text=text if text.strip() else None,
        reference=reference,
        seed=sample.epoch - 1,
        answers=_answers(path, place, sample),
    )


def _answers(path: Path, place: str, sample: _Sample) -> tuple[Answer, ...]:
    """Return the answer; none for a sample that failed, or got no output."""
    output = sample.output
    if sample.error is not None or output is None or not output.choices:
        return ()
    text, reasoning = _texts(output.choices[0].message.content)
    text = _attached(sample, text)
    if text.startswith(_ATTACHMENT):
        raise malformed(path, place, "its answer is an attachment that the log lacks")
    usage = output.usage or _Usage()
    return (
        Answer(
            text=text,
            reasoning=None if reasoning is None else _attached(sample, reasoning),
            finish_reason=output.choices[0].stop_reason,
            generated_tokens=usage.output_tokens,
            prompt_tokens=usage.input_tokens,
            started=_seconds(sample.started_at),
            ended=_seconds(sample.completed_at),
        ),
    )


def _texts(content: str | list[dict[str, Any]]) -> tuple[str, str | None]:
    """Return a message's text and its reasoning, each joined from its parts."""
    if isinstance(content, str):
        return content, None
    text = [part["text"] for part in content if isinstance(part.get("text"), str)]
    reasoning = [part["reasoning"] for part in content if isinstance(part.get("reasoning"), str)]
    return storable("\n".join(text)), storable("\n".join(reasoning)) if reasoning else None


def _attached(sample: _Sample, text: str) -> str:
    """Return the text itself, which a log may keep apart."""
    return storable(sample.attachments.get(text.removeprefix(_ATTACHMENT), text))


def _seconds(text: str | None) -> float:
    """Return an ISO time in Unix seconds; 0 where there is none."""
    try:
        return max(0.0, datetime.fromisoformat(text).timestamp()) if text else 0.0
    except (ValueError, OverflowError, OSError):
        return 0.0


INSPECT = Tool("Inspect", _read, _about)
