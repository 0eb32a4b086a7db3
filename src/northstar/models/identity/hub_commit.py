"""Finds the commit of a hub model that a server would load by name."""

from __future__ import annotations

import os
import re
from pathlib import Path

ASKED_SECONDS = 5.0
_COMMIT = re.compile(r"[0-9a-f]{40}")
_NAME = re.compile(r"[\w.-]+/[\w.-]+|[\w-][\w.-]*")
_OFF = ("", "0", "false", "no", "off")


def commit_of(name: str, revision: str | None = None, cache: Path | None = None) -> str | None:
    """Return the commit as a server finds it: from the hub now, else from the local cache; None if unknown.

    Args:
        name: The model's repository.
        revision: A branch, tag or commit; main by default.
        cache: The folder of downloads, if not the default.
    """
    if not _NAME.fullmatch(name):
        return None
    if revision is not None and _COMMIT.fullmatch(revision):
        return revision
    branch = revision or "main"
    return (None if _is_offline() else _asked(name, branch)) or _noted(cache or _usual_cache(), name, branch)


def snapshot_of(name: str, revision: str | None = None, cache: Path | None = None) -> Path | None:
    """Return the folder of a hub model's files in the local cache, if it is there; asks nobody."""
    if not _NAME.fullmatch(name):
        return None
    folder, branch = cache or _usual_cache(), revision or "main"
    commit = branch if _COMMIT.fullmatch(branch) else _noted(folder, name, branch)
    found = folder / f"models--{name.replace('/', '--')}" / "snapshots" / (commit or "-")
    return found if found.is_dir() else None


def _asked(name: str, branch: str) -> str | None:
    from huggingface_hub import HfApi

    try:
        commit = HfApi().model_info(name, revision=branch, timeout=ASKED_SECONDS).sha
    except Exception:  # no network, no token, no such model: the server will report it
        return None
    return commit if commit is not None and _COMMIT.fullmatch(commit) else None


def _noted(cache: Path, name: str, branch: str) -> str | None:
    try:
        commit = (cache / f"models--{name.replace('/', '--')}" / "refs" / branch).read_text().strip()
    except (OSError, ValueError):
        return None
    return commit if _COMMIT.fullmatch(commit) else None


def _usual_cache() -> Path:
    """Return the folder of huggingface_hub's downloads."""
    for variable in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"):
        if named := os.environ.get(variable):
            return Path(named).expanduser()
    home = os.environ.get("HF_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "huggingface"
    return Path(home).expanduser() / "hub"


def _is_offline() -> bool:
    return any(os.environ.get(name, "").lower() not in _OFF for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"))
