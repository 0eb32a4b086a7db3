"""Describes one invocation of the command for run.json."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import socket
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from northstar.config.plugins import loaded_versions
from northstar.core.clock import utc_text
from northstar.core.credentials import shown_argv
from northstar.version import __version__

_PACKAGES = ("aiohttp", "math-verify", "latex2sympy2_extended", "sympy", "xllamacpp", "huggingface_hub")


def this_run(argv: Iterable[str], plan: Mapping[str, Any]) -> dict[str, Any]:
    """Describe this invocation: when, where, which versions, which command and plan."""
    versions = {"northstar": __version__}
    for package in _PACKAGES:
        with suppress(importlib.metadata.PackageNotFoundError):
            versions[package] = importlib.metadata.version(package)
    return {
        "started": utc_text(),
        "host": socket.gethostname(),
        "process": os.getpid(),
        "python": sys.version.split()[0],
        "platform": platform.platform(),
        "versions": {**versions, **loaded_versions()},
        "command": shown_argv(argv),
        "plan": dict(plan),
    }
