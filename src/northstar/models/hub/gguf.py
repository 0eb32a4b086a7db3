"""Which GGUF file of a repository is meant. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from northstar.core.errors import UsageError, did_you_mean

_NAME = re.compile(r"([A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*)(?::(.+))?")
_SPLIT = re.compile(r"(.+)-(\d{5})-of-(\d{5})(\.gguf)", re.IGNORECASE)
_NO_MODELS = ("mmproj", "imatrix")
"""Begin the names of files that lie beside models and are none: projectors for images, statistics of quantization."""
MOST_LISTED = 30


@dataclass(frozen=True)
class GgufName:
    """A model as --model names it: org/repo, or org/repo:FILE; `file` may be its quantization alone, as Q4_K_M."""

    repo: str
    file: str | None = None


def read_name(model: str) -> GgufName | None:
    """Return the repository and file that a name means; None if it can only be a path.

    >>> read_name("org/m-GGUF:m-Q4_0.gguf")
    GgufName(repo='org/m-GGUF', file='m-Q4_0.gguf')
    >>> read_name("models/m.gguf"), read_name("/models/m.gguf"), read_name("m")
    (None, None, None)
    """
    match = _NAME.fullmatch(model)
    if match is None or (match[2] is None and match[1].lower().endswith(".gguf")):
        return None
    return GgufName(match[1], match[2])


def files_meant(name: GgufName, there: Collection[str], option: str, *, told: str = "") -> tuple[str, ...]:
    """Return the files of the model: one, or all parts of one that is split, in their order.

    Args:
        name: As the user wrote it.
        there: All files of the repository.
        option: The option that names the model, for messages.
        told: Where these files are, for messages, if not on the hub.

    Raises:
        UsageError: There is no such file, or more than one; the message lists them.
    """
    models = _models_in(there)
    where = f"{name.repo} {told}".strip()
    if not models:
        raise UsageError(f"{option}: {where} has no GGUF file; llamacpp runs nothing else. (vllm and sglang take it.)")
    if name.file is None:
        if len(models) == 1:
            return next(iter(models.values()))
        raise UsageError(f"{option}: {where} has several GGUF files; name one, like {_example(name, models)}.")
    found = [parts for parts in models.values() if name.file in parts]
    if not found and "/" not in name.file and not name.file.lower().endswith(".gguf"):
        found = [parts for first, parts in models.items() if _is_of(name.file, first)]
    if len(found) == 1:
        return found[0]
    if not found:
        near = did_you_mean(name.file, models)
        raise UsageError(f"{option}: {where} has no GGUF file {name.file}.{near} It has {_listed(models)}.")
    several = [parts[0] for parts in found]
    raise UsageError(f"{option}: {where} has several files for {name.file}; name one: {_listed(several)}.")


def _models_in(there: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Return the first file of each model → all its parts. A split model that lacks a part is left out."""
    names = sorted(name for name in there if name.lower().endswith(".gguf") and not _is_no_model(name))
    found: dict[str, tuple[str, ...]] = {}
    for name in names:
        split = _SPLIT.fullmatch(name)
        if split is None:
            found[name] = (name,)
        elif int(split[2]) == 1:
            parts = tuple(f"{split[1]}-{number:05}-of-{split[3]}{split[4]}" for number in range(1, int(split[3]) + 1))
            if set(parts) <= set(names):
                found[name] = parts
    return found


def _is_no_model(name: str) -> bool:
    return name.rpartition("/")[2].lower().startswith(_NO_MODELS)


def _is_of(quantization: str, file: str) -> bool:
    """Whether a file's name ends in that quantization."""
    split = _SPLIT.fullmatch(file)
    stem = (split[1] if split else file.rpartition(".")[0]).lower()
    return re.search(rf"(?:^|[-._/]){re.escape(quantization.lower())}$", stem) is not None


def _example(name: GgufName, models: Collection[str]) -> str:
    return f"{name.repo}:{next(iter(models))} ({_listed(models)})"


def _listed(models: Collection[str] | Sequence[str]) -> str:
    more = f", and {len(models) - MOST_LISTED} more" if len(models) > MOST_LISTED else ""
    return ", ".join(list(models)[:MOST_LISTED]) + more
