"""What the GPU hours of a run went for, and what would save most next time, in a table and sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from northstar.core.text import counted, three_digits
from northstar.costs.held import HeldServers, held_servers
from northstar.costs.times import AnswerTimes
from northstar.reports.table import Cells
from northstar.statistics.gpu_hours import Hours, Split, split

_LITTLE = 0.02
"""A saving below this share of all hours is none to speak of."""


@dataclass(frozen=True)
class HoursSpent:
    """title: of the table, with its unit; cells: none where nothing is known; lines: first what would save most."""

    title: str
    cells: Cells
    lines: Sequence[str]


def hours_spent(runs: Sequence[Mapping[str, Any]], times: AnswerTimes) -> HoursSpent | None:
    """Return what the servers of an output folder were held for; None if its runs asked no server.

    Args:
        runs: As in run.json.
        times: Of all its answers.
    """
    if not any(run.get("server") or run.get("server_time") for run in runs):
        return None
    known = held_servers(runs, times.spans)
    found = split(known.servers, times.spans)
    unit = "GPU hours" if known.by_gpu else "server hours"
    notes = _notes(known, found, times, unit)
    if not found.hours.all:
        nothing = "What would save GPU hours is not known: no run here says for how long it held a server."
        if known.undated or found.bare:
            nothing = f"What would save {unit} is not known."
        return HoursSpent("GPU hours", [], [nothing, *notes])
    return HoursSpent(unit[0].upper() + unit[1:], _cells(found.hours, unit), [_advice(found.hours, unit), *notes])


def _cells(hours: Hours, unit: str) -> Cells:
    parts = {
        "start, until the first request": hours.start,
        "prefill and decode, which are not told apart": hours.answers,
        "idle in between, with no request in flight": hours.between,
        f"idle tail, with fewer than half of {hours.most:,} in flight": hours.tail,
        "after the last answer": hours.rest,
        "all": hours.all,
    }
    lines = [[name, three_digits(value), _share(value / hours.all)] for name, value in parts.items()]
    return [["held for", unit, "share"], *lines]


def _share(share: float) -> str:
    percent = 100 * share
    return f"{percent:.0f}%" if percent >= 1 or not percent else "<1%"


def _advice(hours: Hours, unit: str) -> str:
    """Say what would save most next time, with its hours."""
    savings = {"start": hours.start, "tail": hours.unused, "between": hours.between, "rest": hours.rest}
    largest = max(savings, key=lambda name: savings[name])
    most = f"{three_digits(savings[largest])} {unit}"
    saved = f"up to {most}"
    if savings[largest] < _LITTLE * hours.all:
        return f"Only fewer or shorter answers would save much: start, tail and idle time cost at most {most} each."
    if largest == "start":
        share = _share(hours.start / hours.all)
        return (
            f"{counted(hours.starts, 'start')} held the servers for {share} of the time: more benchmarks and seeds in "
            f"one run share a start, which would save {saved}."
        )
    if largest == "tail":
        answers, share = _share(hours.in_tail / hours.found), _share(hours.tail / hours.all)
        return (
            f"The last {answers} of the answers held the servers for {share} of the time: more benchmarks in one run, "
            f"or sharing it by --num_jobs, would save {saved}."
        )
    if largest == "between":
        return (
            f"No request was in flight for {_share(hours.between / hours.all)} of the time, between the first and the "
            f"last: graders, tools, retries or restarts that hold up no request would save {saved}."
        )
    return (
        f"The servers were held for {_share(hours.rest / hours.all)} of the time after the last answer, by what was "
        f"still to be graded: more at once (++grading_workers, ++sandbox.workers) would save {saved}."
    )


def _notes(known: HeldServers, found: Split, times: AnswerTimes, unit: str) -> list[str]:
    """Say what is not in the table, and why."""
    notes = []
    if known.addresses:
        notes.append(
            "Servers that the run did not start count from the first request to the last answer: their GPUs, their "
            "start and who else asked them are not known."
        )
    elif known.servers and not known.by_gpu:
        notes.append("The run did not name the GPUs of its servers (--server_gpus), so hours of servers are counted.")
    if known.uncounted:
        several = known.uncounted > 1
        notes.append(
            f"{counted(known.uncounted, 'run')} {'are' if several else 'is'} not counted: still going on, killed, or "
            f"without {'their' if several else 'its'} servers' GPUs or times."
        )
    if known.undated:
        hours = three_digits(known.undated_hours)
        notes.append(f"{hours} {unit} are not split: an older version did not note since when servers were held.")
    if found.bare:
        notes.append(
            f"{three_digits(found.bare_hours)} {unit} of {counted(found.bare, 'server')} are not split: over a tenth "
            "of the answers is not here any more (set aside, asked again, or moved)."
        )
    if known.judges:
        notes.append(f"Servers of judges held {three_digits(known.judges)} GPU hours more, which are not split.")
    counts = {
        "have no start or no end": times.untimed,
        "end before they start": times.backwards,
        "were made while no server that is counted was held": found.outside,
    }
    if told := [f"{number:,} {what}" for what, number in counts.items() if number]:
        notes.append(f"Answers that are left out of the hours: {', '.join(told)}.")
    if times.unread:
        notes.append(f"Lines or files whose times can't be read, and are left out of the hours: {times.unread:,}.")
    return notes
