"""What goes wrong in a run under way, in a few words each."""

from __future__ import annotations

from northstar.core.text import counted
from northstar.engine.counters import RunCounters


def troubles_of(counters: RunCounters) -> list[str]:
    """Return '2 errors (1 out of context)', '3 retries (HTTP 500: oops)' and the like."""
    errors = sum(part.errors for part in counters.benchmarks.values())
    out_of_context = sum(part.out_of_context for part in counters.benchmarks.values())
    reduced = sum(part.reduced for part in counters.benchmarks.values())
    ungraded = sum(part.ungraded for part in counters.benchmarks.values())
    unparsed = sum(part.unparsed for part in counters.benchmarks.values())
    troubles = [
        counters.server.notice,
        counters.pace.slowed if counters.pace is not None else "",
        counted(errors, "error") + (f" ({out_of_context} out of context)" if out_of_context else "") if errors else "",
        f"{reduced} shortened to fit the context" if reduced else "",
        _restarts(counters),
        f"{counted(ungraded, 'grading')} failed" if ungraded else "",
        f"{counted(unparsed, 'verdict')} cannot be read" if unparsed else "",
        f"{counters.open} without answer" if counters.open else "",
        f"{counters.tools_lost} without their tools ({counters.last_loss[:80]})" if counters.tools_lost else "",
        f"{counters.grades_lost} not graded ({counters.last_loss[:80]})" if counters.grades_lost else "",
        f"{counted(counters.retries, 'retry', 'retries')} ({counters.last_failure[:80]})" if counters.retries else "",
        "every request waits to be sent again" if counters.all_resting else "",
    ]
    return [trouble for trouble in troubles if trouble]


def _restarts(counters: RunCounters) -> str:
    """Return '2 restarts of the server (ended with status 1: GPU memory is too small), 8 requests asked again'."""
    restarts = counters.server.restarts
    if not restarts:
        return ""
    last = ": ".join(filter(None, [restarts[-1].why, restarts[-1].cause.rstrip(".")]))
    again = counted(counters.asked_again, "request")
    return f"{counted(len(restarts), 'restart')} of the server ({last[:120]}), {again} asked again"
