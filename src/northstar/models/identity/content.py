"""Hashes a model's files: everything that affects answers, with large weights sampled inside their tensors.

The result does not depend on the folder's path or dates, so the same files under another mount are the same model.
Checkpoints of one training share file names, sizes and headers, so only the content distinguishes them.
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
"""Up to this many bytes, a model's weights are read whole; so are its other files."""
MISSING = "missing"
"""In place of the hash of a file that the index of weights names and that is missing or not a regular file."""

WEIGHTS = "weights"
"""The name of a model in a single file."""

_DEPTH = 2
_MOST_FILES = 20_000
_READ = ("*.json", "*.jinja", "*.txt", "*.model", "*.yaml", "*.yml", "vocab*", "merges*", "*.tiktoken", "*.spm")
"""Files beside the weights that an engine may read: configs, tokenizer, templates, under any name."""
_NOT_READ = (
    *(".*", "readme*", "license*", "notice*", "use_policy*", "model_card*", "changelog*", "requirements*"),
    "*checksum*",
    *("*sha256*", "*md5*", "training*", "trainer*", "train_*", "eval_*", "all_results*", "*_results.*", "loss*"),
    *("optimizer*", "scheduler*", "rng_state*", "scaler*", "log.*", "logs*", "log_*", "*_log.*", "*_logs.*", "events*"),
    *("wandb*", "mergekit*"),
)
"""Files that people and training leave beside a model."""
_WEIGHTS = ("*.safetensors", "*.gguf", "*.bin", "*.pt", "*.pth", "*.engine")
_OTHER_WEIGHTS = ("*.npz", "*.h5", "*.msgpack")
"""Exports to other libraries, which count only if there are no other weights."""
_MARKS = ("config.json", "params.json", "adapter_config.json", "tokenizer.json", "tokenizer_config.json")
_SPLIT_GGUF = re.compile(r"(.+)-\d{5}(-of-\d{5}\.gguf)")


def content_of(path: Path) -> dict[str, str]:
    """Return name → hash of the files that determine the answers of a model's folder or file.

    Empty if it is not a model's folder. Raises OSError if a file cannot be read.
    """
    files = _weights_beside(path) if path.is_file() else _files_of(path)
    present = {name: file.stat() for name, file in files.items() if _is_regular(file)}
    signature = tuple(
        (name, each.st_dev, each.st_ino, each.st_size, each.st_mtime_ns, each.st_ctime_ns)
        for name, each in present.items()
    )
    gone = {name: MISSING for name in files if name not in present}
    return {**_hashed(tuple((name, files[name]) for name in present), signature), **gone}


def is_model(path: Path) -> bool:
    """Return whether this is a file of weights, or a folder with a model's config."""
    return _is_weights(path.name) if path.is_file() else any((path / mark).is_file() for mark in _MARKS)


def digest(content: Mapping[str, str]) -> str:
    """Combine the hashes of a model's files into one."""
    return hashlib.sha256("".join(f"{name}\0{content[name]}\n" for name in sorted(content)).encode()).hexdigest()[:32]


@lru_cache(maxsize=64)
def _hashed(
    files: tuple[tuple[str, Path], ...], signature: tuple[tuple[str, int, int, int, int, int], ...]
) -> dict[str, str]:
    """Hash files; the `signature` of their state makes the cache read an unchanged folder once per process."""
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
    """Return a single file; for a split GGUF model, all its files."""
    split = _SPLIT_GGUF.fullmatch(file.name)
    if split is None:
        return {WEIGHTS: file}
    siblings = sorted(file.parent.glob(f"{_escaped(split[1])}-?????{split[2]}"))
    return {f"{WEIGHTS}, part {number}": each for number, each in enumerate(siblings, start=1)}


def _files_of(folder: Path) -> dict[str, Path]:
    """Return the relevant files of a model's folder by name; links are followed."""
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
    """Yield regular files, also one level below, where templates and code may be. Raises OSError."""
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
    """Return False for special files, which would block, and for names that no file can have."""
    try:
        return file.is_file()
    except OSError:
        return False


def _indexed(index: Path) -> list[str]:
    """Return the files named in an index of weights; [] if it cannot be read as one."""
    if index.stat().st_size > READ_WHOLE:
        return []
    try:
        content = msgspec.json.decode(index.read_bytes(), type=_Index)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return []
    return sorted({name for name in content.weight_map.values() if ".." not in name.split("/") and name[:1] != "/"})


class _Index(msgspec.Struct):
    weight_map: dict[str, str] = {}


def _escaped(name: str) -> str:
    return re.sub(r"([\[?*])", r"[\1]", name)
