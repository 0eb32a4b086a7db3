"""Which server type answers where nothing says which."""

from __future__ import annotations

import os
from pathlib import Path

from northstar.servers.hosting.hosted import UNLESS_TOLD
from northstar.servers.llamacpp import DEFAULT_MODEL
from northstar.servers.openai import ADDRESS_VARIABLE


def type_unless_named(model: str | None, address: str | None) -> str:
    """The type for a model where none is named: openai at an address, or where the environment has one for it.

    An address in the environment isn't for a GGUF file and for the model that Northstar brings.
    """
    if address is not None:
        return "openai"
    if not os.environ.get(ADDRESS_VARIABLE, "").strip():
        return UNLESS_TOLD
    if model is None or model == DEFAULT_MODEL:
        return UNLESS_TOLD
    is_file = model.lower().endswith(".gguf") or Path(model).expanduser().is_file()
    return UNLESS_TOLD if is_file else "openai"
