"""Warnings beside numbers that have no answers behind them."""

from __future__ import annotations

from northstar.reports.answers import Reason, Tally

_SHORT = {
    Reason.CONTEXT: "out of context",
    Reason.ERROR: "errors",
    Reason.WITHHELD: "withheld",
    Reason.REFUSED: "refused",
    Reason.UNUSABLE: "unusable to the server",
    Reason.REASONING_CUT: "cut off in their reasoning",
    Reason.END_NOT_FOUND: "reasoning without an end",
    Reason.REASONING_ALONE: "reasoning alone",
    Reason.CALLS_ALONE: "tool calls alone",
    Reason.TOOL_LIMIT: "at the limit of their calls",
    Reason.CUT_BEFORE_TEXT: "cut off before any text",
    Reason.EMPTY: "empty",
}


def warning_of(tally: Tally) -> str:
    """Return the warning for numbers without answers, or with only refusals, behind them; else ''."""
    if tally.missing + tally.refusals < tally.asked or not tally.asked:
        return ""
    if tally.refusals:
        rest = f", and the other {tally.missing:,} have no answer" if tally.missing else ""
        return (
            f"NOTHING BUT REFUSALS: the model declines in {tally.refusals:,} of the {tally.total:,} generations{rest}. "
            "These numbers do not show how well it answers."
        )
    return (
        f"NO ANSWERS: none of the {tally.total:,} generations has an answer ({_why(tally)}). These numbers say nothing "
        "about the model."
    )


def judge_warning_of(tally: Tally) -> str:
    """Return the same warning for a judge's numbers."""
    if not tally.is_empty:
        return ""
    return (
        f"NO ANSWERS: none of the {tally.asked:,} judgements has an answer of the judge ({_why(tally)}). "
        "judge_correct says nothing about the model."
    )


def _why(tally: Tally) -> str:
    return ", ".join(
        f"{tally.reasons[reason]} {_SHORT[reason]}" for reason in Reason if reason in _SHORT and tally.reasons[reason]
    )
