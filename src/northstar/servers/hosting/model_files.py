"""What a server that is started will read: the model's files, those that its arguments name, or a commit on the hub."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from northstar.config.plan import ServerPlan
from northstar.models.content import content_of, digest
from northstar.models.hub_commit import commit_of
from northstar.models.identified import Identified
from northstar.servers.hosting.arguments import argument_parts, server_words, value_of

_ABOUT_FILES = re.compile(
    r"model|template|tokenizer|lora|adapter|speculative|draft|plugin|parser|config|options|override|vocab|mmproj|control"
)
"""In the names of arguments whose files change answers."""
_NOT_ABOUT_ANSWERS = re.compile(r"\blogs?\b|ssl|cache|trace|metric|profil|telemetry|download|middleware")
_PIECES = re.compile(r"([\s\"'=,;:\[\]{}]+)")
FILE = "{file}"
MODEL = "{model}"
"""Stand in an argument for a file, and for the model, that are known by their content."""


def identify(plan: ServerPlan, words: Mapping[str, Sequence[str]], path: Path | None, *, on_hub: bool) -> Identified:
    """words: of the arguments that can change an answer, and of the entrypoint. path: of the model's files, if it is a
    path. on_hub: whether another name is one of the hub's.
    """
    named: dict[str, str] = {}
    try:
        content = {} if path is None else content_of(path)
        own = plan.model if content else None
        texts = {name: _without_paths(plan, each, own, named) for name, each in words.items()}
    except OSError as error:
        return Identified(why_not=f"{error.filename or plan.model}: {error.strerror or error}")
    commit = _commit(plan, plan.model) if path is None and on_hub and plan.model else None
    return Identified(
        files=content,
        commit=commit,
        words={name: text for name, text in texts.items() if text != shlex.join(words[name])},
        named_files=named,
        why_not="" if content or commit else _why_not(plan, path, on_hub),
    )


def path_of_model(plan: ServerPlan) -> Path | None:
    """Where this process finds the model's files; None where its name is none of a folder or file here."""
    if not plan.model:
        return None
    path = Path(plan.seen(plan.model)).expanduser()
    return path if path.exists() else None


def _why_not(plan: ServerPlan, path: Path | None, on_hub: bool) -> str:
    if path is not None:
        return f"{path} holds no file of a model that is known"
    if on_hub and plan.model and not plan.model.startswith(("/", ".", "~")):
        return f"neither the hub nor its cache here tells the commit of {plan.model}"
    if plan.model and plan.model.startswith(("/", ".", "~")):
        return f"there is no {plan.model} where the worker runs"
    return ""


def _commit(plan: ServerPlan, model: str) -> str | None:
    words = server_words(plan)
    folder = value_of(words, "--download-dir")
    revision = value_of(words, "--revision", "--hf-revision")
    return commit_of(model, revision or None, Path(plan.seen(folder)) if folder else None)


def _without_paths(plan: ServerPlan, words: Sequence[str], own: str | None, files: dict[str, str]) -> str:
    """The words with `{file}` for each file or model's folder that they name, and `{model}` for the model's `own`.

    files: gets the hash of each. Raises OSError.
    """
    kept: list[str] = []
    option = ""
    for name, value in argument_parts([_with_model(word, own) for word in words]):
        if name.startswith("-"):
            option = name
            kept.append(name)
        given = value if name.startswith("-") else name  # a word that follows another value of the same option
        if given is None:
            continue
        if not _ABOUT_FILES.search(option) or _NOT_ABOUT_ANSWERS.search(option):
            kept.append(given)
            continue
        found: list[str] = []
        kept.append(_replaced(given, plan.seen, found))
        for each in found:
            number = sum(key.partition(" ")[0] == option for key in files)
            files[option if not number else f"{option} ({number + 1})"] = each
    return shlex.join(kept)


def _with_model(word: str, own: str | None) -> str:
    return word if own is None or "/" not in own else word.replace(own, MODEL)


def _replaced(value: str, seen: Callable[[str], str], found: list[str]) -> str:
    """A value with the paths in it replaced: it is one, or holds some, as name=path, lists and JSON do.

    seen: a path as this process sees it. found: gets the hash of each.
    """
    name, equals, rest = value.partition("=")
    if _content(seen(value)) is not None:
        pieces = [value]
    elif equals and _content(seen(rest)) is not None:
        pieces = [name, equals, rest]
    else:
        pieces = _PIECES.split(value)
    for number, piece in enumerate(pieces):
        if (content := _content(seen(piece))) is not None:
            found.append(content)
            pieces[number] = FILE
    return "".join(pieces)


def _content(piece: str) -> str | None:
    """The hash of the file or model's folder at this path; None where it is none."""
    if len(piece) > 4096 or "\0" in piece or not ("/" in piece or "." in piece.strip(".")):
        return None
    path = Path(piece).expanduser()
    try:
        there = path.is_file() or ("/" in piece and path.is_dir())
    except (OSError, RuntimeError):
        return None
    content = content_of(path) if there else {}
    return digest(content) if content else None
