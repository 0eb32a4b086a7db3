"""How much a run may spend: tokens, money, time; and what a token costs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, RootModel

from northstar.config.options.limits import LimitOptions
from northstar.config.typed_file import read_typed
from northstar.core.errors import UsageError, did_you_mean

PER = 1_000_000
"""Prices are of so many tokens, as providers list them."""
_PARTS = re.compile(r"(?:(\d+)-)?(\d+)(?::(\d+))?(?::(\d+))?")
_UNITS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400}


class Price(BaseModel):
    """Of a million tokens. cached: of prompts from the server's cache. reasoning: of generated tokens of reasoning."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    input: float = Field(ge=0, allow_inf_nan=False)
    output: float = Field(ge=0, allow_inf_nan=False)
    cached: float | None = Field(None, ge=0, allow_inf_nan=False)
    reasoning: float | None = Field(None, ge=0, allow_inf_nan=False)

    def cost(self, prompt: int, generated: int) -> float:
        """Return the most that so many tokens cost: records don't say which of them were cached, or reasoning."""
        read, written = max(self.input, self.cached or 0.0), max(self.output, self.reasoning or 0.0)
        return (prompt * read + generated * written) / PER


class Prices(RootModel[dict[str, Price]]):
    """--prices: the name of a model → its price."""


class Limits(BaseModel):
    """What bounds a run. tokens, cost: of all runs of the output folder together. seconds: of one command or job.

    prices: of the model, under '', and of each judge by its name; empty where nothing is priced.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    tokens: int | None = None
    cost: float | None = None
    seconds: float | None = None
    prices: dict[str, Price] = Field(default_factory=dict)


def read_limits(options: LimitOptions, model: str | None, judges: Iterable[str]) -> Limits | None:
    """Return what the options bound; None where they bound and price nothing.

    Args:
        options: The options, with paths as this machine has them.
        model: The model's name; None where none is asked.
        judges: The names of the judges.

    Raises:
        UsageError: A limit can't be read, or the price of a model is not known.
    """
    for name, value in (("max_tokens_total", options.max_tokens_total), ("max_cost", options.max_cost)):
        if value is not None and not 0 < value < float("inf"):
            raise UsageError(f"--{name}={value} must be more than 0.")
    if options.max_cost is not None and options.prices is None:
        raise UsageError(
            f"--max_cost={options.max_cost:g} needs --prices, a YAML file: MODEL: {{input: 0.5, output: 2}}."
        )
    prices: dict[str, Price] = {}
    if options.prices is not None:
        path = Path(options.prices).expanduser().absolute()
        listed = read_typed(path, Prices, "a list of prices").root
        named = ([("", model)] if model is not None else []) + [(judge, judge) for judge in judges]
        for who, name in named:
            if name not in listed:
                raise UsageError(f"{path} has no price of {name}.{did_you_mean(name, listed)}")
            prices[who] = listed[name]
    seconds = None if options.time_limit is None else read_duration(options.time_limit, "--time_limit")
    limits = Limits(tokens=options.max_tokens_total, cost=options.max_cost, seconds=seconds, prices=prices)
    return None if limits == Limits() else limits


def read_duration(text: str, option: str) -> float:
    """Return the seconds of a duration as Slurm writes it (MINUTES, M:S, H:M:S, D-H, D-H:M, D-H:M:S), or as 90m, 1h30m.

    >>> [read_duration(text, "--time_limit") for text in ("90", "1:30", "1:30:00", "1-12", "90m", "1h30m", "45s")]
    [5400.0, 90.0, 5400.0, 129600.0, 5400.0, 5400.0, 45.0]
    """
    seconds = _of_slurm(text.strip())
    if seconds is None and re.fullmatch(r"(?:\d+(?:\.\d+)?(?:s|min|m|h|d))+", text.strip()):
        seconds = sum(float(n) * _UNITS[unit] for n, unit in re.findall(r"([\d.]+)(s|min|m|h|d)", text))
    if not seconds:
        raise UsageError(f"{option}={text} is no duration above 0: write 90m, 1h30m, or as Slurm does 1:30:00.")
    return seconds


def _of_slurm(text: str) -> float | None:
    match = _PARTS.fullmatch(text)
    if match is None:
        return None
    days, first, second, third = (None if part is None else int(part) for part in match.groups())
    assert first is not None
    if days is not None:
        return float(days * 86400 + first * 3600 + (second or 0) * 60 + (third or 0))
    if third is not None:
        return float(first * 3600 + (second or 0) * 60 + third)
    return float(first * 60 + (second or 0))
