"""A model's files by content: what decides an answer is hashed, weights at places inside their tensors.

Nothing of it depends on where the folder lies or when it was written, so the same files under another mount are the
same model. Checkpoints of one training have the same file names, sizes and heads: only what is inside tells them apart.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatch
from functools import lru_cache
from pathlib import Path

import msgspec

from northstar.models.identity.own_code import code_of
from northstar.models.identity.sampling import sample

READ_WHOLE = 128 * 2**20
"""Bytes of a model's weights that are read whole, where they aren't more; and the longest of its other files."""
MISSING = "missing"
"""Stands for the hash of a file that the index of the weights names and that isn't there, or is no regular one."""

WEIGHTS = "weights"
"""What a model in a single file is called."""

_DEPTH = 2
_MOST_FILES = 20_000
_READ = ("*.json", "*.jinja", "*.txt", "*.model", "*.yaml", "*.yml", "vocab*", "merges*", "*.tiktoken", "*.spm")
"""What an engine may read beside the weights: configs, tokenizer, templates, in whatever words of the next version."""
_NOT_READ = (
    *(".*", "readme*", "license*", "notice*", "use_policy*", "model_card*", "changelog*", "requirements*"),
    "*checksum*",
    *("*sha256*", "*md5*", "training*", "trainer*", "train_*", "eval_*", "all_results*", "*_results.*", "loss*"),
    *("optimizer*", "scheduler*", "rng_state*", "scaler*", "log.*", "logs*", "log_*", "*_log.*", "*_logs.*", "events*"),
    *("wandb*", "mergekit*"),
)
"""What people and training leave beside a model."""
_WEIGHTS = ("*.safetensors", "*.gguf", "*.bin", "*.pt", "*.pth", "*.engine")
_OTHER_WEIGHTS = ("*.npz", "*.h5", "*.msgpack")
"""Which count where there are no others: of exports to other libraries."""
_MARKS = ("config.json", "params.json", "adapter_config.json", "tokenizer.json", "tokenizer_config.json")
_SPLIT_GGUF = re.compile(r"(.+)-\d{5}(-of-\d{5}\.gguf)")


def content_of(path: Path) -> dict[str, str]:
    """Name → hash of the files that decide what the model in this folder, or in this file, answers.

    Empty where it is no model's folder. Raises OSError where a file can't be read.
    """
    files = _weights_beside(path) if path.is_file() else _files_of(path)
    there = {name: file.stat() for name, file in files.items() if _is_regular(file)}
    signature = tuple(
        (name, each.st_dev, each.st_ino, each.st_size, each.st_mtime_ns, each.st_ctime_ns)
        for name, each in there.items()
    )
    gone = {name: MISSING for name in files if name not in there}
    return {**_hashed(tuple((name, files[name]) for name in there), signature), **gone}


def is_model(path: Path) -> bool:
    """Whether this is a file of weights, or a folder that has a model's config."""
    return _is_weights(path.name) if path.is_file() else any((path / mark).is_file() for mark in _MARKS)


def digest(content: Mapping[str, str]) -> str:
    """One hash for all of a model's files."""
    return hashlib.sha256("".join(f"{name}\0{content[name]}\n" for name in sorted(content)).encode()).hexdigest()[:32]


@lru_cache(maxsize=64)
def _hashed(
    files: tuple[tuple[str, Path], ...], signature: tuple[tuple[str, int, int, int, int, int], ...]
) -> dict[str, str]:
    """signature: of the files' state, so that a folder is read once in a process as long as nobody changes it."""
    sizes = {name: size for name, _, _, size, _, _ in signature}
    weights = {name: file for name, file in files if _is_weights(name)}
    others = {name: file for name, file in files if name not in weights}
    whole = sum(sizes[name] for name in weights) <= READ_WHOLE
    read = others | (weights if whole else {})
    sampled = {} if whole else {name: (file, sizes[name]) for name, file in weights.items()}
    large = {name: (file, sizes[name]) for name, file in read.items() if sizes[name] > READ_WHOLE}
    found = {
        name: hashlib.sha256(file.read_bytes()).hexdigest()[:32] for name, file in read.items() if name not in large
    }
    return found | sample(sampled | large)


def _weights_beside(file: Path) -> dict[str, Path]:
    """One file; of a GGUF model in parts, all of them."""
    parts = _SPLIT_GGUF.fullmatch(file.name)
    if parts is None:
        return {WEIGHTS: file}
    siblings = sorted(file.parent.glob(f"{_escaped(parts[1])}-?????{parts[2]}"))
    return {f"{WEIGHTS}, part {number}": each for number, each in enumerate(siblings, start=1)}


def _files_of(folder: Path) -> dict[str, Path]:
    """Of a model's folder; links are followed, names are the folder's own."""
    names = sorted(_names(folder))
    top = [name for name in names if "/" not in name and not _matches(name, _NOT_READ)]
    weights = _matching(top, _WEIGHTS) or _matching(top, _OTHER_WEIGHTS)
    if not weights and not any(name in _MARKS for name in top):
        return {}
    templates = [name for name in names if "/" in name and name.endswith(".jinja")]
    read = [*_matching(top, _READ), *templates, *code_of(folder, names)]
    indexed = [name for index in read if index.endswith(".index.json") for name in _indexed(folder / index)]
    return {name: folder / name for name in dict.fromkeys([*read, *weights, *indexed])}


def _names(folder: Path) -> Iterator[str]:
    """Of regular files, a level below as well, where templates and code may lie. Raises OSError."""
    seen = 0
    for root, folders, files in os.walk(folder, followlinks=True, onerror=_raise):
        depth = len(Path(root).relative_to(folder).parts)
        folders[:] = [] if depth + 1 >= _DEPTH else [each for each in folders if not each.startswith((".", "__"))]
        for name in files:
            seen += 1
            if seen > _MOST_FILES:
                raise OSError(f"more than {_MOST_FILES:,} files")
            file = Path(root, name)
            if file.is_file():
                yield str(file.relative_to(folder))


def _raise(error: OSError) -> None:
    raise error


def _is_weights(name: str) -> bool:
    return name.startswith(WEIGHTS) or _matches(name, (*_WEIGHTS, *_OTHER_WEIGHTS))


def _matching(names: list[str], patterns: Sequence[str]) -> list[str]:
    return [name for name in names if _matches(name, patterns)]


def _matches(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatch(name.lower(), pattern) for pattern in patterns)


def _is_regular(file: Path) -> bool:
    """False for what would be waited for, and for a name that no file can have."""
    try:
        return file.is_file()
    except OSError:
        return False


def _indexed(index: Path) -> list[str]:
    """The files that an index of weights names; none where it can't be read as one."""
    if index.stat().st_size > READ_WHOLE:
        return []
    try:
        held = msgspec.json.decode(index.read_bytes(), type=_Index)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return []
    return sorted({name for name in held.weight_map.values() if ".." not in name.split("/") and name[:1] != "/"})


class _Index(msgspec.Struct):
    weight_map: dict[str, str] = {}


def _escaped(name: str) -> str:
    return re.sub(r"([\[?*])", r"[\1]", name)
