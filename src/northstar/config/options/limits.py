"""The options that bound what a run spends."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from northstar.config.options.option import Moves, option
from northstar.core.paths import AnyPath

PANEL = "Limits"


@dataclass(frozen=True, kw_only=True)
class LimitOptions:
    """At a limit nothing more is asked, what is there is kept, and the command ends with exit code 3."""

    max_tokens_total: int | None = option(
        None,
        help="Stop once all runs of this output folder have spent so many tokens, prompts and judges included; what is "
        "in flight then still ends and counts.",
        panel=PANEL,
    )
    max_cost: float | None = option(None, help="The same of the cost, by --prices, in their currency.", panel=PANEL)
    prices: AnyPath | None = option(
        None,
        help="A YAML file with the price of a million tokens of the model and each judge: "
        "MODEL: {input: 0.5, output: 2.0}; cached and reasoning as well.",
        typed=Path | None,
        panel=PANEL,
        moves=Moves.PATH,
    )
    time_limit: str | None = option(
        None,
        help="Stop asking after so long, of this command or of each job (90m, 1h30m, or as Slurm writes it: 1-12:00); "
        "what is in flight then is asked again by the next run.",
        panel=PANEL,
    )
