"""The live view: a bar per benchmark, and below it what the run does, how fast, what is wrong and what is oldest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from northstar.core.text import counted, duration, printable
from northstar.progress.facts import Facts, PartFacts
from northstar.progress.lines import counts, last_log, left, oldest, score, speeds

if TYPE_CHECKING:
    from rich.console import RenderableType

BAR_WIDTH = 30
WITH_BAR, WITH_NAMES = 84, 100
"""A terminal so wide has room for a table with bars, and for the names of the scores."""
MOST_PARTS = 20
"""So many benchmarks have a bar; those with requests in flight come first."""


def live_view(facts: Facts, waiting: str = "", width: int = 200) -> RenderableType:
    """Return the live view; `waiting` says for what the run waits, after a silence."""
    from rich.console import Group
    from rich.text import Text

    def line(text: str, style: str = "dim") -> Text:
        return Text(printable(text), style=style, no_wrap=True, overflow="ellipsis")

    busy = facts if facts.total or not facts.judging else facts.judging[0]  # ns judge
    doing = [facts.doing, *counts(busy), *left(busy), f"{duration(facts.elapsed)} so far"]
    doing += [f"{facts.from_before} from before"] if facts.from_before else []
    troubles = [*facts.troubles, *(f"judge {each.judge}: {why}" for each in facts.judging for why in each.troubles)]
    lines = [line(" · ".join(doing))]
    lines += [line(text) for text in (" · ".join(speeds(busy)), oldest(busy)) if text]
    lines += [line(text, "yellow") for text in (waiting, " · ".join(troubles)) if text]
    return Group(_bars(facts, width), *lines, *(line(f"  {each[:160]}") for each in last_log(facts)))


def _bars(facts: Facts, width: int) -> RenderableType:
    from rich.console import Group
    from rich.progress_bar import ProgressBar
    from rich.table import Column, Table
    from rich.text import Text

    lines = [(part.name, part) for part in facts.benchmarks]
    lines += [(f"{part.name}, judged", part) for judge in facts.judging for part in judge.benchmarks]
    shown = sorted(lines, key=lambda line: _rank(line[1]))[:MOST_PARTS] if len(lines) > MOST_PARTS else lines
    more = [Text(f"… and {len(lines) - len(shown)} more", style="dim")] if len(lines) > len(shown) else []
    if width < WITH_BAR:
        words = [(name, f"{part.reached}/{part.total}", score(part), part.growth) for name, part in shown]
        return Group(*(Text("  ".join(filter(None, each)), no_wrap=True, overflow="ellipsis") for each in words), *more)
    growing = any(part.growth for _, part in shown)
    table = Table.grid(*(Column(no_wrap=True, overflow="ellipsis") for _ in range(6)), padding=(0, 2))
    for name, part in shown:
        bar = ProgressBar(total=max(part.total, 1), completed=part.reached, width=BAR_WIDTH)
        errors = Text(counted(part.errors, "error"), style="red") if part.errors else Text("")
        cells = [Text(f"{part.reached}/{part.total}"), Text(score(part, named=width >= WITH_NAMES))]
        table.add_row(Text(name), bar, *cells, *([Text(part.growth)] if growing else []), errors)
    return Group(table, *more)


def _rank(part: PartFacts) -> tuple[bool, bool]:
    return not part.in_flight, part.reached >= part.total
