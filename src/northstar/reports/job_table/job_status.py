"""Formats how far jobs are, as text. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from northstar.core.text import counted, duration
from northstar.progress.facts import Facts
from northstar.progress.lines import score, summary

MOST_JOBS = 4
RECENT_SECONDS = 25.0
"""A worker writes every 10 s; one that was heard of so lately is as good as now."""


@dataclass(frozen=True)
class JobStatus:
    """How far a job is.

    Attributes:
        facts: What its worker last said.
        heard: Seconds since then.
        waiting: What it waits for, after a silence.
        command: What goes on with it, if it failed or was cancelled and that is known.
    """

    name: str
    state: str
    facts: Facts
    heard: float
    waiting: str = ""
    command: str = ""

    def as_json(self) -> dict[str, Any]:
        facts: dict[str, Any] = msgspec.to_builtins(self.facts)
        return {"name": self.name, "state": self.state, "heard": round(self.heard, 1), "facts": facts}


def tokens_per_second(jobs: Sequence[JobStatus]) -> float:
    """Return the speed of all jobs that run: of their servers where these tell it, else of whole answers."""
    total = 0.0
    for facts in (job.facts for job in jobs if job.state == "running"):
        told = None if facts.load is None else facts.load.tokens_per_second
        total += (facts.tokens_per_second or 0.0) if told is None else told
    return total


def job_lines(jobs: Sequence[JobStatus]) -> list[str]:
    """Return some lines for each of the last jobs: first those that run, then those that ended otherwise than well."""
    running = [job for job in jobs if job.state == "running"]
    broken = [job for job in jobs if job.state in ("failed", "cancelled", "unknown")]
    shown = [*running, *broken] or [job for job in jobs if job.state == "done"][-1:]
    lines = [line for job in shown[:MOST_JOBS] for line in _lines(job)]
    rest = len(shown) - MOST_JOBS
    return [*lines, *([f"… and {counted(rest, 'job')} more"] if rest > 0 else [])]


def _lines(job: JobStatus) -> list[str]:
    if job.state == "done":
        scores = [f"{part.name} {score(part, named=True)}" for part in job.facts.benchmarks if part.score is not None]
        took = f"{job.name}: done {duration(job.heard)} ago, in {duration(job.facts.elapsed)}"
        return [took, *(f"  {each}" for each in scores)]
    first, *rest = summary(job.facts, alive=job.state == "running")
    if job.state == "running":
        stale = f" (said {duration(job.heard)} ago)" if job.heard > RECENT_SECONDS else ""
        lines = [f"{job.name}{stale}: {first}", *([job.waiting] if job.waiting else []), *rest]
    else:
        lines = [f"{job.name}: {job.state}, last heard of {duration(job.heard)} ago: {first}", *rest]
        lines += [f"go on with it: {job.command}"] if job.command else []
    return [lines[0], *(f"  {line}" for line in lines[1:])]
