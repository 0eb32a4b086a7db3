"""Reads which sampling a model's generation_config.json recommends. The file is as foreign as the model."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TypeGuard

from northstar.models.templates.model_folder import read_config

FILE = "generation_config.json"
_NEUTRAL: Mapping[str, tuple[float, ...]] = {
    "temperature": (),
    "top_p": (),
    "top_k": (0, -1),
    "min_p": (0,),
    "repetition_penalty": (1,),
    "presence_penalty": (0,),
    "frequency_penalty": (0,),
}
"""Setting → the values that ask for nothing."""


@cache
def recommended_sampling(folder: str) -> Mapping[str, float]:
    """Return setting → the value that the model's folder recommends, without those that ask for nothing.

    Empty if there is no such file, or it cannot be read as one.
    """
    config = read_config(Path(folder) / FILE)
    found = {name: value for name in _NEUTRAL if _is_number(value := config.get(name))}
    return MappingProxyType({name: value for name, value in found.items() if value not in _NEUTRAL[name]})


def _is_number(value: object) -> TypeGuard[int | float]:
    """Return whether this is a number that a sampler may take; JSON in Python also has NaN and endless integers."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return math.isfinite(value) and abs(value) < 10**9 if isinstance(value, float) else abs(value) < 10**9
