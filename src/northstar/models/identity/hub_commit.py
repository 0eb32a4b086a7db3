"""The commit of a model on the hub that a server gets which is told its name."""

from __future__ import annotations

import os
import re
from pathlib import Path

ASKED_SECONDS = 5.0
_COMMIT = re.compile(r"[0-9a-f]{40}")
_NAME = re.compile(r"[\w.-]+/[\w.-]+|[\w-][\w.-]*")
_OFF = ("", "0", "false", "no", "off")


def commit_of(name: str, revision: str | None = None, cache: Path | None = None) -> str | None:
    """As a server finds it: what the hub says now, else what its cache has noted of that branch; None: nobody knows.

    revision: a branch, a tag or a commit; not given, main. cache: the folder of downloads, where it isn't the usual.
    """
    if not _NAME.fullmatch(name):
        return None
    if revision is not None and _COMMIT.fullmatch(revision):
        return revision
    branch = revision or "main"
    return (None if _is_offline() else _asked(name, branch)) or _noted(cache or _usual_cache(), name, branch)


def _asked(name: str, branch: str) -> str | None:
    from huggingface_hub import HfApi

    try:
        commit = HfApi().model_info(name, revision=branch, timeout=ASKED_SECONDS).sha
    except Exception:  # whatever its client raises without a network, a token or such a model: the server will say
        return None
    return commit if commit is not None and _COMMIT.fullmatch(commit) else None


def _noted(cache: Path, name: str, branch: str) -> str | None:
    try:
        commit = (cache / f"models--{name.replace('/', '--')}" / "refs" / branch).read_text().strip()
    except (OSError, ValueError):
        return None
    return commit if _COMMIT.fullmatch(commit) else None


def _usual_cache() -> Path:
    """Where huggingface_hub keeps what it has downloaded."""
    for variable in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"):
        if named := os.environ.get(variable):
            return Path(named).expanduser()
    home = os.environ.get("HF_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "huggingface"
    return Path(home).expanduser() / "hub"


def _is_offline() -> bool:
    return any(os.environ.get(name, "").lower() not in _OFF for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"))
