"""How a run is, unit by unit, as text. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from northstar.core.text import counted, duration

STATES = ("done", "running", "pending", "failed", "cancelled", "unknown")
MOST_ERRORS = 8
MOST_JOBS = 4


@dataclass(frozen=True, kw_only=True)
class UnitStatus:
    """name: 'aime24 rs3', or a job without units. rows, done: of samples. ids: of the job that has it last.

    speed: tokens a second. note: why it waits, or failed, in one line.
    """

    name: str
    state: str
    rows: int = 0
    done: int = 0
    speed: float = 0.0
    seconds_left: float | None = None
    ids: tuple[str, ...] = ()
    job: str = ""
    note: str = ""


@dataclass(frozen=True)
class Status:
    """Of an output folder. notes: what else is to be known, a sentence each. asked: whether the scheduler answered."""

    output_dir: str
    units: Sequence[UnitStatus]
    notes: Sequence[str] = ()
    asked: bool = True

    @property
    def active(self) -> bool:
        """Whether anything waits or runs; or may do so, as long as the scheduler can't be asked."""
        states = ("running", "pending") if self.asked else ("running", "pending", "unknown")
        return any(unit.state in states for unit in self.units)

    def as_json(self) -> dict[str, Any]:
        return {"output_dir": self.output_dir, "units": [asdict(unit) for unit in self.units], "notes": [*self.notes]}


def status_text(status: Status, width: int = 120) -> str:
    """A line on all of it, a table with a line a unit, and the errors and troubles in full."""
    if not status.units:
        return "\n".join([f"{status.output_dir}: nothing has been run here.", *status.notes])
    lines = [summary_line(status), "", *_table(status.units, width)]
    if errors := _causes(status.units):
        more = len(errors) - MOST_ERRORS
        lines += ["", *errors[:MOST_ERRORS], *([f"… and {more} more"] if more > 0 else [])]
    return "\n".join([*lines, *([""] if status.notes else []), *status.notes])


def _causes(units: Sequence[UnitStatus]) -> list[str]:
    """Each cause once, in the words of the first job that has it, after the jobs of which it is one."""
    found: dict[str, tuple[str, dict[str, None]]] = {}
    for unit in units:
        if unit.note and unit.state in ("running", "failed", "cancelled", "unknown"):
            who = unit.job or unit.name
            own = who.rpartition("/")[2]  # paths of logs hold the job's name
            cause = re.sub(rf"(?<![\w-]){re.escape(own)}(?![\w-])", "…", unit.note)
            found.setdefault(cause, (unit.note, {}))[1][who] = None
    return [f"{_some([*jobs])}: {note}" for note, jobs in found.values()]


def _some(jobs: Sequence[str]) -> str:
    rest = len(jobs) - MOST_JOBS
    return ", ".join(jobs[:MOST_JOBS]) + (f" and {rest} more" if rest > 0 else "")


def summary_line(status: Status) -> str:
    """'out: 5 of 8 done, 2 running, 1 failed; 2400 of 3840 rows; 830 tokens/s; about 12 min left'."""
    units = [unit for unit in status.units if unit.rows]
    counts = [(state, sum(unit.state == state for unit in units)) for state in STATES]
    parts = [f"{counts[0][1]} of {len(units)} done", *(f"{count} {state}" for state, count in counts[1:] if count)]
    text = f"{status.output_dir}: {', '.join(parts)}"
    text += f"; {sum(unit.done for unit in units)} of {counted(sum(unit.rows for unit in units), 'row')}"
    if speed := sum(unit.speed for unit in units):
        text += f"; {speed:.0f} tokens/s"
    left = [unit.seconds_left for unit in units if unit.seconds_left]
    return text + (f"; about {duration(max(left))} left" if left else "")


def _table(units: Sequence[UnitStatus], width: int) -> list[str]:
    cells = [("", "state", "rows", "tokens/s", "left", "job", "")]
    for unit in units:
        one_line = " ".join(unit.note.split())
        cells.append(
            (
                unit.name,
                unit.state,
                f"{unit.done}/{unit.rows}" if unit.rows else "",
                f"{unit.speed:.0f}" if unit.speed else "",
                duration(unit.seconds_left) if unit.seconds_left else "",
                " ".join(unit.ids),
                "" if unit.state in ("done", "running") else one_line,
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
