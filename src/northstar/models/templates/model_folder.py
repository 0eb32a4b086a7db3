"""Reads a model's folder for its chat template and its special tokens.

The files come with the model, from anywhere: they are read up to a size limit, and never trusted.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from northstar.models.failures import ServerUnusable
from northstar.prompts.renderer import MOST_BYTES

MOST_CONFIG_BYTES = 16 * 2**20
MOST_TOKENIZER_BYTES = 64 * 2**20
"""Longest file with a vocabulary; the largest known are below 40 MiB."""


@dataclass(frozen=True)
class FolderTemplate:
    """A chat template and its file; `eos_token` ends a turn, for templates that write it."""

    source: str
    file: Path
    eos_token: str


@cache
def folder_template(model: str) -> FolderTemplate | None:
    """The chat template in a model's folder, in any of the places where it is kept; None where there is none.

    Of one that is too long only as much as makes it so. Raises ServerUnusable where it can't be read.
    """
    folder = Path(model)
    if (file := folder / "chat_template.jinja").is_file():
        return FolderTemplate(_text(file), file, _eos_token(folder))
    for name in ("chat_template.json", "tokenizer_config.json"):
        found = read_config(folder / name).get("chat_template")
        if isinstance(found, list):  # several by name
            named = [each for each in found if isinstance(each, dict)]
            found = next((each.get("template") for each in named if each.get("name") == "default"), None)
        if isinstance(found, str):
            return FolderTemplate(found, folder / name, _eos_token(folder))
    return None


def is_base_model(model: str) -> bool:
    """Return whether this is a model's folder with a tokenizer but no template."""
    return (Path(model) / "tokenizer_config.json").is_file() and folder_template(model) is None


@cache
def special_tokens(model: str) -> frozenset[str]:
    """Return the special tokens by the model's folder; servers omit them from texts unless told to show them."""
    folder = Path(model)
    config = read_config(folder / "tokenizer_config.json")
    listed = config.get("added_tokens_decoder")
    tokenizer = _read(folder / "tokenizer.json", _Tokenizer).added_tokens
    entries = (
        *(listed.values() if isinstance(listed, dict) else ()),
        *(tokenizer if isinstance(tokenizer, list) else ()),
    )
    added = [each.get("content") for each in entries if isinstance(each, dict) and each.get("special") is True]
    named = [each for held in (config, read_config(folder / "special_tokens_map.json")) for each in _named(held)]
    tekken = _read(folder / "tekken.json", _Tekken).special_tokens
    controls = [each for each in (tekken if isinstance(tekken, list) else ()) if isinstance(each, dict)]
    control = [each.get("token_str") for each in controls if each.get("is_control") is True]
    return frozenset(text for text in (*added, *named, *control) if isinstance(text, str) and text)


@cache
def tokens_known(model: str) -> bool:
    """Return whether a model's folder tells which tokens are special; a name on the hub does not."""
    files = ("tokenizer_config.json", "tokenizer.json", "tekken.json")
    return any((Path(model) / file).is_file() for file in files)


class _Tokenizer(msgspec.Struct):
    """The part of tokenizer.json that is read, without the vocabulary; one odd entry spoils no other."""

    added_tokens: Any = None


class _Tekken(msgspec.Struct):
    """The part of Mistral's tekken.json that is read."""

    special_tokens: Any = None


_Held = TypeVar("_Held", _Tokenizer, _Tekken)


def _read(file: Path, kind: type[_Held]) -> _Held:
    """Return the wanted part of a large file; empty if the file is missing or different."""
    try:
        return msgspec.json.decode(_start(file, MOST_TOKENIZER_BYTES), type=kind)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return kind()


def _named(held: dict[str, Any]) -> Iterator[Any]:
    """Yield the tokens with a role, and additional special tokens."""
    others = held.get("additional_special_tokens")
    roles = (held.get(f"{role}_token") for role in ("bos", "eos", "unk", "sep", "pad", "cls", "mask"))
    for token in (*roles, *(others if isinstance(others, list) else ())):
        yield token.get("content") if isinstance(token, dict) else token


def _eos_token(folder: Path) -> str:
    """Return the token that ends a turn, for templates that write it; the server adds the token that starts a text."""
    token = read_config(folder / "tokenizer_config.json").get("eos_token")
    text = token.get("content") if isinstance(token, dict) else token
    return text if isinstance(text, str) else ""


def read_config(file: Path) -> dict[str, Any]:
    """Return a JSON file's content; {} if the file is missing or not JSON."""
    try:
        found = json.loads(_start(file, MOST_CONFIG_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _text(file: Path) -> str:
    try:
        return _start(file, MOST_BYTES + 1).decode("utf-8", "replace")
    except OSError as error:
        raise ServerUnusable(f"cannot read the chat template {file}: {error.strerror}.") from None


def _start(file: Path, size: int) -> bytes:
    """Read a regular file. Raises OSError, also for special files, which might never end."""
    if not file.is_file():
        raise FileNotFoundError(file)
    with file.open("rb") as opened:
        return opened.read(min(size, file.stat().st_size))  # a buffer is made for as much as is asked for
