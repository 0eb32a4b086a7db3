"""What is known of a run under way, as plain data: the display shows it, progress.json keeps it for `ns status`."""

from __future__ import annotations

from itertools import islice

import msgspec

from northstar.core.clock import monotonic
from northstar.core.text import storable
from northstar.engine.benchmark_counters import BenchmarkCounters
from northstar.engine.counters import RunCounters, Stage
from northstar.progress.troubles import troubles_of
from northstar.progress.waiting import no_answer_seconds

MOST_OLDEST = 3
OLD_LOAD_SECONDS = 30.0
"""What a server said of its load before so long is not shown."""


class PartFacts(msgspec.Struct, omit_defaults=True):
    """One benchmark of a run.

    Attributes:
        reached: Samples that have passed the current stage.
        in_flight: Samples that are being asked.
        score, low, high: The mean of `graded` scores and its 95% interval, 0..1.
    """

    name: str
    total: int = 0
    reached: int = 0
    in_flight: int = 0
    score_name: str = ""
    score: float | None = None
    low: float | None = None
    high: float | None = None
    graded: int = 0
    growth: str = ""
    errors: int = 0


class Oldest(msgspec.Struct, omit_defaults=True):
    """A sample that has been asked for long. id: the row's."""

    benchmark: str
    row: int
    seconds: float
    id: str = ""
    seed: int | None = None


class LoadFacts(msgspec.Struct, omit_defaults=True):
    """How busy the servers are, by their own metrics; see ServerLoad."""

    tokens_per_second: float | None = None
    running: int | None = None
    queued: int | None = None
    cache: float | None = None


class Facts(msgspec.Struct, omit_defaults=True):
    """A run under way, or the part of it that a judge does.

    Attributes:
        stage: The name of its Stage, in small letters.
        doing: What it does, in words.
        elapsed: Seconds so far.
        total, reached, in_flight, waiting: Samples: all, past the current stage, being asked, and still to be asked.
        to_grade: Answers without a grade.
        from_before: Samples that earlier runs answered.
        left: A range of seconds until all is answered; None if it is unknown.
        tokens_per_second: Of whole answers; None where that would mislead.
        no_answer: Seconds since the last answer, while requests are under way.
        log: The last lines of a server that is starting.
    """

    stage: str = ""
    doing: str = ""
    elapsed: float = 0.0
    judge: str = ""
    total: int = 0
    reached: int = 0
    in_flight: int = 0
    waiting: int = 0
    to_grade: int = 0
    from_before: int = 0
    left: tuple[float, float] | None = None
    tokens_per_second: float | None = None
    load: LoadFacts | None = None
    no_answer: float = 0.0
    oldest: list[Oldest] = []
    troubles: list[str] = []
    benchmarks: list[PartFacts] = []
    judging: list[Facts] = []
    log: list[str] = []


def facts_of(counters: RunCounters) -> Facts:
    """Return what is known now."""
    asking = counters.stage is Stage.ASKING
    under_way = counters.under_way.by_benchmark()
    parts = [_part(counters, name, part, under_way[name]) for name, part in counters.benchmarks.items()]
    return Facts(
        stage=counters.stage.name.lower(),
        doing=storable(counters.doing),
        elapsed=round(monotonic() - counters.started, 1),
        judge=counters.judge,
        total=counters.total,
        reached=sum(part.reached for part in parts),
        in_flight=counters.in_flight,
        waiting=counters.waiting if asking else 0,
        to_grade=max(0, sum(part.to_grade for part in counters.benchmarks.values())),
        from_before=counters.resumed,
        left=_rounded(counters.seconds_left) if asking else None,
        tokens_per_second=_tokens_per_second(counters) if asking else None,
        load=_load(counters) if asking else None,
        no_answer=round(no_answer_seconds(counters), 1),
        oldest=_oldest(counters),
        troubles=[storable(trouble) for trouble in troubles_of(counters)],
        benchmarks=parts,
        judging=[facts_of(judge) for judge in counters.judging],
        log=[storable(line[:300]) for line in counters.server.log],
    )


def _part(counters: RunCounters, name: str, part: BenchmarkCounters, in_flight: int) -> PartFacts:
    low, high = part.interval or (None, None)
    return PartFacts(
        name=name,
        total=part.total,
        reached=part.finished + part.graded if counters.stage is Stage.GRADING else part.generated,
        in_flight=in_flight,
        score_name=part.score_name,
        score=part.accuracy,
        low=low,
        high=high,
        graded=part.scored,
        growth=part.growth,
        errors=part.errors,
    )


def _rounded(left: tuple[float, float] | None) -> tuple[float, float] | None:
    return None if left is None else (round(left[0], 1), round(left[1], 1))


def _tokens_per_second(counters: RunCounters) -> float | None:
    speed = counters.tokens_per_second
    return None if speed is None else round(speed, 1)


def _load(counters: RunCounters) -> LoadFacts | None:
    load = counters.server.load
    if load is None or monotonic() - load.read > OLD_LOAD_SECONDS:
        return None
    speed = None if load.tokens_per_second is None else round(load.tokens_per_second, 1)
    return LoadFacts(speed, load.running, load.queued, None if load.cache is None else round(load.cache, 4))


def _oldest(counters: RunCounters) -> list[Oldest]:
    now = monotonic()
    return [
        Oldest(asked.benchmark, asked.row, round(now - asked.since, 1), storable(asked.id[:80]), asked.seed)
        for asked in islice(counters.under_way, MOST_OLDEST)
    ]
