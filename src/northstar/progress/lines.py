"""Says what is known of a run under way, in words: for the display, the logs and `ns status`. Pure functions."""

from __future__ import annotations

from northstar.core.text import counted, duration
from northstar.progress.facts import Facts, LoadFacts, Oldest, PartFacts

OLD_SECONDS = 5.0
"""A sample that has been asked for so long is named."""


def plain_line(facts: Facts) -> str:
    """Return 'asking: 120/480 (12 from before), 16 in flight, 344 waiting, 3 to 5 min left; aime24 60/240 41.7%, …'."""
    if facts.stage == "preparing" or not (facts.total or facts.judging):
        return f"{facts.doing} …" + "".join(f" {line}" for line in last_log(facts)[-1:])
    if not facts.total:  # ns judge
        return "; ".join([facts.doing, *map(_judging, facts.judging)])
    reached = f"{facts.reached}/{facts.total}" + (f" ({facts.from_before} from before)" if facts.from_before else "")
    parts = [reached, *counts(facts), *speeds(facts), *facts.troubles, *left(facts)]
    shown = ", ".join(f"{part.name} {_reached(part)}" for part in facts.benchmarks)
    return "; ".join([f"{facts.doing}: {', '.join(parts)}", shown, *map(_judging, facts.judging)])


def counts(facts: Facts) -> list[str]:
    """Return ['16 in flight', '344 waiting'], or ['20 to grade']."""
    if facts.stage == "asking":
        return [f"{facts.in_flight} in flight", *([f"{facts.waiting} waiting"] if facts.waiting else [])]
    return [f"{facts.to_grade} to grade"] if facts.stage == "grading" and facts.to_grade else []


def speeds(facts: Facts) -> list[str]:
    """Return how fast, and how busy, the server is by its own metrics; else how fast whole answers come, if known."""
    if facts.load is not None:
        return [load_words(facts.load)]
    return [] if facts.tokens_per_second is None else [f"{facts.tokens_per_second:.0f} tokens/s on average"]


def load_words(load: LoadFacts) -> str:
    """Say 'server: 830 tokens/s, 16 running, 4 queued, KV cache 41% full'."""
    said = [
        None if load.tokens_per_second is None else f"{load.tokens_per_second:.0f} tokens/s",
        None if load.running is None else f"{load.running} running",
        None if load.queued is None else f"{load.queued} queued",
        None if load.cache is None else f"KV cache {100 * load.cache:.0f}% full",
    ]
    return f"server: {', '.join(filter(None, said))}"


def left(facts: Facts) -> list[str]:
    """Return ["3 to 5 min left"] or ["time left unknown, then judging"] while there is anything to ask."""
    if facts.stage != "asking" or not (facts.in_flight or facts.waiting):
        return []
    then = ", then judging" if any(judge.stage == "preparing" for judge in facts.judging) else ""
    return [("time left unknown" if facts.left is None else f"{time_range(*facts.left)} left") + then]


def time_range(low: float, high: float) -> str:
    """Format a range of seconds.

    >>> time_range(185, 290), time_range(50, 185), time_range(230, 250)
    ('3 to 5 min', '50 s to 3 min', 'about 4 min')
    """
    one, other = duration(low), duration(high)
    if one == other:
        return f"about {one}"
    (number, unit), (_, other_unit) = one.split(maxsplit=1), other.split(maxsplit=1)
    return f"{number if unit == other_unit else one} to {other}"


def score(part: PartFacts, *, named: bool = False) -> str:
    """Return '41.7% [37.5, 46.0] of 100 graded', with the 95% interval; '' before the first grade."""
    if part.score is None:
        return ""
    name = f" {part.score_name}" if named and part.score_name else ""
    known = part.low is not None and part.high is not None
    interval = f" [{100 * part.low:.1f}, {100 * part.high:.1f}]" if known else ""  # type: ignore[operator]
    return f"{100 * part.score:.1f}%{name}{interval} of {part.graded} graded"


def oldest(facts: Facts) -> str:
    """Return 'oldest: aime24 rs3 row 17 (id 64) for 4 min, …'; '' if none is old."""
    named = [f"{sample_name(each)} for {duration(each.seconds)}" for each in facts.oldest if each.seconds > OLD_SECONDS]
    return f"oldest: {', '.join(named)}" if named else ""


def sample_name(sample: Oldest) -> str:
    """Return 'aime24 rs3 row 17 (id 64)'."""
    seed = "" if sample.seed is None else f" rs{sample.seed}"
    return f"{sample.benchmark}{seed} row {sample.row}" + (f" (id {sample.id})" if sample.id else "")


def last_log(facts: Facts) -> list[str]:
    """Return the last log lines of a server that is starting: the model's or a judge's."""
    return facts.log or next((judge.log for judge in facts.judging if judge.log), [])


def _reached(part: PartFacts) -> str:
    growth = f" ({part.growth})" if part.growth else ""
    return " ".join(filter(None, [f"{part.reached}/{part.total}", score(part)])) + growth


def _judging(facts: Facts) -> str:
    """Return 'judged by o3-mini: hle 12/480 8.3% of 12 graded, 1 retry (HTTP 500)'."""
    shown = [f"{part.name} {_reached(part)}" for part in facts.benchmarks]
    return f"judged by {facts.judge}: {', '.join([*shown, *facts.troubles])}"


def summary(facts: Facts, *, alive: bool = True) -> list[str]:
    """Return lines for `ns status`: what the run does (or did, if not alive), its scores so far, what is oldest."""
    done = [f"{facts.reached} of {counted(facts.total, 'sample')}"] if facts.total else []
    now = [*counts(facts), *speeds(facts), *left(facts)] if alive else []
    first = [facts.doing, *done, *now, *facts.troubles]
    scores = [f"{part.name} {score(part, named=True)}" for part in facts.benchmarks if part.score is not None]
    judged = [
        f"{part.name} {score(part, named=True)}, judged by {judge.judge}"
        for judge in facts.judging
        for part in judge.benchmarks
        if part.score is not None
    ]
    lines = [", ".join(first), *([f"so far: {'; '.join([*scores, *judged])}"] if scores or judged else [])]
    return [*lines, *filter(None, [oldest(facts) if alive else ""]), *last_log(facts)[-1:]]
