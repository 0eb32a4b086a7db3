"""What a reader of the numbers should know of the answers behind them: how many lack, why, and what to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from northstar.reports.answers import Reason, Tally

MOST_KINDS = 3
"""Kinds of errors, or finish reasons, that a note names; the others are counted."""


def notes_of(tally: Tally, settings: Mapping[str, Any], first: Mapping[str, Any]) -> list[str]:
    """A sentence for each reason: how many generations, of how many, and what to do.

    settings: of the run; first: the model and system_fingerprint that answered first; both as run.json has them.
    """
    return [*_reasons(tally, settings, "generation"), *_origins(tally, first, "generation")]


def judge_notes(tally: Tally, judge: str) -> list[str]:
    """The same of a judge's answers; its options stand in --extra_judge_args."""
    said = [*_reasons(tally, {}, "judgement"), *_origins(tally, {}, "judgement")]
    return [f"judge {judge}: {note.replace('--server_args', '--judge_server_args')}" for note in said]


def _reasons(tally: Tally, settings: Mapping[str, Any], noun: str) -> list[str]:
    return [
        f"{_share(tally.reasons[reason], tally.total, noun)} {_SAID[reason](tally, reason, settings)}"
        for reason in Reason
        if tally.reasons[reason]
    ]


def _origins(tally: Tally, first: Mapping[str, Any], noun: str) -> list[str]:
    """Whether another model answered in between."""
    notes: list[str] = []
    if tally.answered_by:
        notes.append(
            f"{_share(tally.answered_by.total(), tally.total, noun)} were answered by another model than the first, "
            f"{_named(first.get('model'))}: {_counts(tally.answered_by)}. A router or a new deployment has changed it; "
            "run.json says when. For the numbers of one model take another --output_dir, or --rerun_done."
        )
    if tally.fingerprints:
        notes.append(
            f"{_share(tally.fingerprints.total(), tally.total, noun)} have another system_fingerprint than the first, "
            f"{_named(first.get('system_fingerprint'))}: {_counts(tally.fingerprints)}. Whoever runs the server has "
            "changed what serves the model; run.json says when."
        )
    return notes


def _named(name: Any) -> str:
    return f"'{name}'" if name else "which is not on record"


def _counts(found: Counter[str]) -> str:
    """'a' 3, 'b' 2."""
    named = [f"'{name}' {count}" for name, count in found.most_common(MOST_KINDS)]
    rest = len(found) - MOST_KINDS
    return ", ".join([*named, *([f"and {rest} others"] if rest > 0 else [])])


def warning_of(tally: Tally) -> str:
    """What stands beside numbers that say nothing, since there are no answers behind them; '' where there are."""
    if not tally.total or tally.missing < tally.total:
        return ""
    why = ", ".join(
        f"{tally.reasons[reason]} {_SHORT[reason]}" for reason in Reason if reason in _SHORT and tally.reasons[reason]
    )
    return (
        f"NO ANSWERS: none of the {tally.total:,} generations holds an answer ({why}). These numbers say nothing of "
        "the model."
    )


def _share(count: int, total: int, noun: str) -> str:
    return f"{count:,} of {total:,} {noun}s ({100 * count / total:.{0 if count == total else 1}f} %)"


_SHORT = {
    Reason.CONTEXT: "out of context",
    Reason.ERROR: "errors",
    Reason.WITHHELD: "withheld",
    Reason.REASONING_CUT: "cut off in their reasoning",
    Reason.REASONING_ALONE: "reasoning alone",
    Reason.CALLS_ALONE: "tool calls alone",
    Reason.CUT_BEFORE_TEXT: "cut off before any text",
    Reason.EMPTY: "empty",
}


def _names(tally: Tally, reason: Reason) -> str:
    """'content_filter 5, safety 2'."""
    found = tally.said[reason].most_common()
    named = [f"{tally.examples.get(kind, kind) or 'no finish reason'} {count}" for kind, count in found[:MOST_KINDS]]
    rest = sum(count for _, count in found[MOST_KINDS:])
    return ", ".join([*named, *([f"others {rest}"] if rest else [])])


def _errors(tally: Tally, reason: Reason) -> str:
    """One kind as it is, several with their counts."""
    found = tally.said[reason]
    if len(found) == 1:
        return tally.examples[next(iter(found))]
    named = [f"{count} times: {tally.examples[kind]}" for kind, count in found.most_common(MOST_KINDS)]
    rest = len(found) - MOST_KINDS
    return "; ".join([*named, *([f"and {rest} other kinds"] if rest > 0 else [])])


def _context(tally: Tally, reason: Reason, _: Mapping[str, Any]) -> str:
    return (
        f"exceed the model's context, and count as wrong ({_errors(tally, reason)}). Lower "
        "++inference.tokens_to_generate, take ++context_overflow=reduce_generation, or serve the model with a longer "
        "context."
    )


def _error(tally: Tally, reason: Reason, _: Mapping[str, Any]) -> str:
    return (
        f"hold an error instead of an answer, and count as wrong ({_errors(tally, reason)}). Once the cause is gone, "
        "--rerun_done asks again."
    )


def _withheld(tally: Tally, reason: Reason, _: Mapping[str, Any]) -> str:
    return (
        f"were kept back by the server's filter or refused by the model, and are graded as they stand "
        f"({_names(tally, reason)}). Ask whoever runs the server to let these prompts through its filter, or "
        "count them apart by finish_reason in the records."
    )


def _reasoning_cut(_tally: Tally, _reason: Reason, _: Mapping[str, Any]) -> str:
    return (
        "were cut off in their reasoning, and have no answer. Raise ++inference.tokens_to_generate (and the model's "
        "context, if that is the limit)."
    )


def _reasoning_alone(tally: Tally, reason: Reason, settings: Mapping[str, Any]) -> str:
    end = settings.get("end_reasoning_string", "</think>")
    opened = sum(count for begun, count in tally.said[reason].items() if begun == "<think>")
    if settings.get("parse_reasoning") is True or opened == tally.reasons[reason]:
        given = " under ++parse_reasoning=True" if settings.get("parse_reasoning") is True else ""
        return (
            f"have no '{end}' and so no answer{given}, though the model had ended. Name what ends its reasoning by "
            "++end_reasoning_string; for a model that does not reason take ++parse_reasoning=False."
        )
    return (
        "have a text in the server's field for reasoning alone (reasoning_content), and no answer. The server's "
        "reasoning parser took all of it: start the server without one (--reasoning-parser of vLLM and SGLang, in "
        "--server_args), or with the one that fits the model."
    )


def _calls_alone(_tally: Tally, _reason: Reason, _: Mapping[str, Any]) -> str:
    return (
        "are tool calls without a text, where no tool was offered, and have no answer. Start the server without its "
        "tool parser (--enable-auto-tool-choice and --tool-call-parser of vLLM, --tool-call-parser of SGLang, in "
        "--server_args)."
    )


def _cut_before_text(_tally: Tally, _reason: Reason, _: Mapping[str, Any]) -> str:
    return (
        "were cut off at their limit of tokens before any text, perhaps in a reasoning that the server does not show, "
        "and have no answer. Raise ++inference.tokens_to_generate."
    )


def _empty(_tally: Tally, _reason: Reason, settings: Mapping[str, Any]) -> str:
    stop = (
        "a string of ++inference.stop that comes first, " if any("inference.stop" in name for name in settings) else ""
    )
    return (
        f"are empty: the server sent no text, and they have no answer. Look for {stop}a wrong chat template, or a "
        "parser of the server's that drops the text (--reasoning-parser, --tool-call-parser in --server_args); "
        "--dry_run shows the first request."
    )


def _cut_off(_tally: Tally, _reason: Reason, _: Mapping[str, Any]) -> str:
    return "were cut off at their limit of tokens (++inference.tokens_to_generate, or the model's context)."


def _unknown(tally: Tally, reason: Reason, _: Mapping[str, Any]) -> str:
    if set(tally.said[reason]) == {""}:
        return (
            "came without a finish reason, and are graded as they stand. Look up in the server's documentation how it "
            "tells whole answers from those that it cut off or could not finish."
        )
    return (
        f"ended for a reason that Northstar does not know, and are graded as they stand ({_names(tally, reason)}). "
        "Look up in the server's documentation whether such answers are whole."
    )


_SAID: dict[Reason, Callable[[Tally, Reason, Mapping[str, Any]], str]] = {
    Reason.CONTEXT: _context,
    Reason.ERROR: _error,
    Reason.WITHHELD: _withheld,
    Reason.REASONING_CUT: _reasoning_cut,
    Reason.REASONING_ALONE: _reasoning_alone,
    Reason.CALLS_ALONE: _calls_alone,
    Reason.CUT_BEFORE_TEXT: _cut_before_text,
    Reason.EMPTY: _empty,
    Reason.CUT_OFF: _cut_off,
    Reason.UNKNOWN_ENDING: _unknown,
}
