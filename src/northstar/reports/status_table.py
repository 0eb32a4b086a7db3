"""Formats a run's status, shard by shard, as text. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from northstar.core.text import counted
from northstar.progress.lines import time_range
from northstar.reports.job_table.job_status import JobStatus, job_lines, tokens_per_second

STATES = ("done", "running", "pending", "failed", "cancelled", "unknown")
MOST_ERRORS = 8
MOST_NAMED = 4


@dataclass(frozen=True, kw_only=True)
class ShardStatus:
    """Status of a shard.

    Attributes:
        name: 'aime24 rs3', or a job without shards.
        rows, done: Numbers of samples.
        speed: Tokens per second.
        seconds_left: A range; None if it is unknown.
        ids: The ids of the last job that has it.
        note: Why it waits or failed, in one line.
    """

    name: str
    state: str
    rows: int = 0
    done: int = 0
    speed: float = 0.0
    seconds_left: tuple[float, float] | None = None
    ids: tuple[str, ...] = ()
    job: str = ""
    note: str = ""


@dataclass(frozen=True)
class Status:
    """Status of an output folder.

    Attributes:
        notes: Full sentences.
        asked: Whether the scheduler answered.
        jobs: How far the last jobs are.
    """

    output_dir: str
    shards: Sequence[ShardStatus]
    notes: Sequence[str] = ()
    asked: bool = True
    jobs: Sequence[JobStatus] = ()

    @property
    def active(self) -> bool:
        """Whether anything waits or runs, or may do so because the scheduler did not answer."""
        states = ("running", "pending") if self.asked else ("running", "pending", "unknown")
        return any(shard.state in states for shard in self.shards)

    def as_json(self) -> dict[str, Any]:
        return {
            "output_dir": self.output_dir,
            "shards": [asdict(shard) for shard in self.shards],
            "notes": [*self.notes],
            "jobs": [job.as_json() for job in self.jobs],
        }


def status_text(status: Status, width: int = 120) -> str:
    """Return a summary line, a table with a line per shard, and errors in full."""
    if not status.shards:
        nothing = "nothing has been run here" if not status.notes else "nothing is done here yet"
        return "\n".join([f"{status.output_dir}: {nothing}.", *status.notes])
    lines = [summary_line(status), "", *_table(status.shards, width)]
    if jobs := job_lines(status.jobs):
        lines += ["", *jobs]
    if errors := _causes(status.shards):
        more = len(errors) - MOST_ERRORS
        lines += ["", *errors[:MOST_ERRORS], *([f"… and {more} more"] if more > 0 else [])]
    return "\n".join([*lines, *([""] if status.notes else []), *status.notes])


def _causes(shards: Sequence[ShardStatus]) -> list[str]:
    """Return each cause once, in the words of the first job that has it, after the jobs' names or their number."""
    found: dict[str, tuple[str, dict[str, None]]] = {}
    for shard in shards:
        if shard.note and shard.state in ("running", "failed", "cancelled", "unknown"):
            who = shard.job or shard.name
            own = who.rpartition("/")[2]  # paths of logs hold the job's name
            cause = re.sub(rf"(?<![\w-]){re.escape(own)}(?![\w-])", "…", shard.note)
            found.setdefault(cause, (shard.note, {}))[1][who] = None
    return [f"{_some([*jobs])}: {note}" for note, jobs in found.values()]


def _some(jobs: Sequence[str]) -> str:
    """Return '001/aime24, 001/gpqa', or '32 jobs'."""
    return ", ".join(jobs) if len(jobs) <= MOST_NAMED else counted(len(jobs), "job")


def summary_line(status: Status) -> str:
    """Return 'out: 5 of 8 done, 2 running, 1 failed; 2400 of 3840 rows; 830 tokens/s; 12 to 20 min left'."""
    shards = [shard for shard in status.shards if shard.rows] or status.shards
    counts = [(state, sum(shard.state == state for shard in shards)) for state in STATES]
    parts = [f"{counts[0][1]} of {len(shards)} done", *(f"{count} {state}" for state, count in counts[1:] if count)]
    text = f"{status.output_dir}: {', '.join(parts)}"
    if rows := sum(shard.rows for shard in shards):
        text += f"; {sum(shard.done for shard in shards)} of {counted(rows, 'row')}"
    if speed := tokens_per_second(status.jobs) or sum(shard.speed for shard in shards):
        text += f"; {speed:.0f} tokens/s"
    remaining = [shard.seconds_left for shard in shards if shard.seconds_left]
    if not remaining:
        return text
    return f"{text}; {time_range(*(max(ends) for ends in zip(*remaining, strict=True)))} left"


def _table(shards: Sequence[ShardStatus], width: int) -> list[str]:
    cells = [("", "state", "rows", "tokens/s", "left", "job", "")]
    for shard in shards:
        one_line = " ".join(shard.note.split())
        cells.append(
            (
                shard.name,
                shard.state,
                f"{shard.done}/{shard.rows}" if shard.rows else "",
                f"{shard.speed:.0f}" if shard.speed else "",
                time_range(*shard.seconds_left) if shard.seconds_left else "",
                " ".join(shard.ids),
                "" if shard.state in ("done", "running") else one_line,
            )
        )
    widths = [max(len(line[column]) for line in cells) for column in range(6)]
    room = max(20, width - sum(widths) - 2 * 6)
    return [
        "  ".join(
            [
                *(text.ljust(size) for text, size in zip(line[:6], widths, strict=True)),
                line[6] if len(line[6]) <= room else line[6][: room - 1] + "…",
            ]
        ).rstrip()
        for line in cells
    ]
