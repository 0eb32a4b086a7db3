"""Notes for a table's readers about the answers behind the numbers: how many are missing, why, and what to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from northstar.models.refusal_words import speaks_of_token_limit
from northstar.reports.answers import Reason, Tally

MOST_KINDS = 3
"""How many kinds of errors, or finish reasons, a note names; the others are counted."""


@dataclass(frozen=True)
class _Asked:
    """Whose answers the notes are about, and how they were asked; `settings` as in run.json."""

    settings: Mapping[str, Any]
    noun: str = "generation"
    wanted: str = "answer"
    who: str = "model"
    server_args: str = "--server_args"
    wrong: str = "count as wrong"

    @property
    def is_judge(self) -> bool:
        return self.who == "judge"

    @property
    def again(self) -> str:
        """How to ask again; for a judge, without setting generations aside."""
        return "ns judge … --rerun_done judges anew" if self.is_judge else "--rerun_done asks again"

    def option(self, setting: str) -> str:
        """Format '++inference.stop' as an option for the model, or for a judge."""
        return f"--extra_judge_args='{setting}{'' if '=' in setting else '=…'}'" if self.is_judge else setting

    @property
    def tokens(self) -> str:
        return self.option("++inference.tokens_to_generate")

    @property
    def end(self) -> str:
        """The end of an advice that includes asking again."""
        return f"; {self.again}." if self.is_judge else "."


def notes_of(tally: Tally, settings: Mapping[str, Any], first: Mapping[str, Any]) -> list[str]:
    """Return a sentence per reason: how many generations, of how many, and what to do.

    Args:
        tally: The counted answers.
        settings: The run's settings, as in run.json.
        first: The model and system_fingerprint that answered first, as in run.json.
    """
    return _notes(tally, _Asked(settings), first)


def judge_notes(tally: Tally, judge: str, settings: Mapping[str, Any], first: Mapping[str, Any]) -> list[str]:
    """Return such notes for a judge's answers, which have other options."""
    asked = _Asked(settings, "judgement", "verdict", "judge", "--judge_server_args", "count as not correct")
    return [f"judge {judge}: {note}" for note in _notes(tally, asked, first)]


def _notes(tally: Tally, asked: _Asked, first: Mapping[str, Any]) -> list[str]:
    reasons = [
        f"{_share(tally.reasons[reason], tally.total, asked.noun)} {_SAID[reason](tally, reason, asked)}"
        for reason in Reason
        if tally.reasons[reason]
    ]
    return [*reasons, *_origins(tally, first, asked)]


def _origins(tally: Tally, first: Mapping[str, Any], asked: _Asked) -> list[str]:
    """Return notes about answers by another model than the first."""
    anew = (
        f"ask this judge for all of them: {asked.again}"
        if asked.is_judge
        else "take another --output_dir, or --rerun_done"
    )
    notes: list[str] = []
    if tally.answered_by:
        notes.append(
            f"{_share(tally.answered_by.total(), tally.total, asked.noun)} were answered by another model than the "
            f"first, {_named(first.get('model'))}: {_counts(tally.answered_by)}. A router or a new deployment has "
            f"changed it; run.json says when. For the numbers of one model {anew}."
        )
    if tally.fingerprints:
        notes.append(
            f"{_share(tally.fingerprints.total(), tally.total, asked.noun)} have another system_fingerprint than the "
            f"first, {_named(first.get('system_fingerprint'))}: {_counts(tally.fingerprints)}. Whoever runs the "
            f"server has changed what serves the {asked.who}; run.json says when."
        )
    return notes


def _named(name: Any) -> str:
    return f"'{name}'" if name else "which is not on record"


def _counts(found: Counter[str]) -> str:
    """Return "'a' 3, 'b' 2" for the most common names."""
    named = [f"'{name}' {count}" for name, count in found.most_common(MOST_KINDS)]
    rest = len(found) - MOST_KINDS
    return ", ".join([*named, *([f"and {rest} others"] if rest > 0 else [])])


def _share(count: int, total: int, noun: str) -> str:
    return f"{count:,} of {total:,} {noun}s ({100 * count / total:.{0 if count == total else 1}f} %)"


def _names(tally: Tally, reason: Reason) -> str:
    """Return 'content_filter 5, safety 2' for the most common finish reasons."""
    found = tally.details[reason].most_common()
    named = [f"{tally.examples.get(kind, kind) or 'no finish reason'} {count}" for kind, count in found[:MOST_KINDS]]
    rest = sum(count for _, count in found[MOST_KINDS:])
    return ", ".join([*named, *([f"others {rest}"] if rest else [])])


def _errors(tally: Tally, reason: Reason) -> str:
    """Return a single kind of error as it is, several with their counts."""
    found = tally.details[reason]
    if len(found) == 1:
        return tally.examples[next(iter(found))]
    named = [
        f"{'once' if count == 1 else f'{count} times'}: {tally.examples[kind]}"
        for kind, count in found.most_common(MOST_KINDS)
    ]
    rest = len(found) - MOST_KINDS
    return "; ".join([*named, *([f"and {rest} other kinds"] if rest > 0 else [])])


def _context(tally: Tally, reason: Reason, asked: _Asked) -> str:
    return (
        f"exceed the {asked.who}'s context, and {asked.wrong} ({_errors(tally, reason)}). Lower {asked.tokens}, use "
        f"{asked.option('++context_overflow=reduce_generation')}, or serve the {asked.who} with a longer "
        f"context{asked.end}"
    )


def _error(tally: Tally, reason: Reason, asked: _Asked) -> str:
    too_many = any(speaks_of_token_limit(tally.examples[kind]) for kind in tally.details[reason])
    lower = f"Where too many tokens were asked for, lower {asked.tokens}. " if too_many else ""
    return (
        f"have an error instead of an answer, and {asked.wrong} ({_errors(tally, reason)}). {lower}Once the cause is "
        f"gone, {asked.again}."
    )


def _withheld(tally: Tally, reason: Reason, _: _Asked) -> str:
    return (
        f"were withheld by the server's filter, and are graded as received ({_names(tally, reason)}). Ask whoever runs "
        "the server to let these prompts through its filter, or count such answers separately, by finish_reason or "
        "error in the records."
    )


def _refused(tally: Tally, reason: Reason, asked: _Asked) -> str:
    unread = "counts as not correct" if asked.is_judge else "is among no_answer of the table"
    return (
        f"are refusals of the {asked.who} ({_names(tally, reason)}). A refusal's text is graded like any {asked.noun}; "
        f"one that names no {asked.wanted} {unread}. Count them separately by finish_reason in the records."
    )


def _unusable(tally: Tally, reason: Reason, asked: _Asked) -> str:
    return (
        f"ended with tool calls that the server could not use ({_names(tally, reason)}), and are graded as received. "
        f"The {asked.who} wrote a malformed call, or called a tool that it was not offered."
    )


def _reasoning_cut(_tally: Tally, _reason: Reason, asked: _Asked) -> str:
    return (
        f"were cut off in their reasoning, and have no {asked.wanted}. Raise {asked.tokens} (and the {asked.who}'s "
        f"context, if that is the limit){asked.end}"
    )


def _end_not_found(_tally: Tally, _reason: Reason, asked: _Asked) -> str:
    end = asked.settings.get("end_reasoning_string", "</think>")
    given = " under ++parse_reasoning=True" if asked.settings.get("parse_reasoning") is True else ""
    return (
        f"have no '{end}' and so no {asked.wanted}{given}, though the {asked.who} had finished: all of the text counts "
        f"as reasoning. Set its end by {asked.option('++end_reasoning_string')}; if that is a special token, which "
        "vLLM and SGLang omit from texts, use "
        f"{asked.option('++inference.extra_body.skip_special_tokens=False')}; for a {asked.who} that does not reason "
        f"use {asked.option('++parse_reasoning=False')}{asked.end}"
    )


def _reasoning_alone(_tally: Tally, _reason: Reason, asked: _Asked) -> str:
    return (
        f"have text only in the server's field for reasoning (reasoning_content), and no {asked.wanted}. The "
        "server's reasoning parser took all of it: start the server without one (--reasoning-parser of vLLM and "
        f"SGLang, in {asked.server_args}), or with the one that fits the {asked.who}{asked.end}"
    )


def _calls_alone(_tally: Tally, _reason: Reason, asked: _Asked) -> str:
    return (
        f"are tool calls without a text, where no tool was offered, and have no {asked.wanted}. Start the server "
        "without its tool parser (--enable-auto-tool-choice and --tool-call-parser of vLLM, --tool-call-parser of "
        f"SGLang, in {asked.server_args}){asked.end}"
    )


def _tool_limit(_tally: Tally, _reason: Reason, _asked: _Asked) -> str:
    return (
        "still called Python when their calls, or tokens, were used up, and were ended without a final answer "
        "(++python_tool.calls, ++python_tool.tokens)."
    )


def _cut_before_text(_tally: Tally, _reason: Reason, asked: _Asked) -> str:
    return (
        "were cut off at their limit of tokens before any text, perhaps in a reasoning that the server does not show, "
        f"and have no {asked.wanted}. Raise {asked.tokens}{asked.end}"
    )


def _empty(_tally: Tally, _reason: Reason, asked: _Asked) -> str:
    stops = any("inference.stop" in name for name in asked.settings)
    stop = f"a string of {asked.option('++inference.stop')} that comes first, " if stops else ""
    shown = asked.end if asked.is_judge else "; --dry_run shows the first request."
    return (
        f"are empty: the server sent no text, and they have no {asked.wanted}. Look for {stop}a wrong chat template, "
        f"or a parser of the server's that drops the text (--reasoning-parser, --tool-call-parser in "
        f"{asked.server_args}){shown}"
    )


def _cut_off(_tally: Tally, _reason: Reason, asked: _Asked) -> str:
    return f"were cut off at their limit of tokens ({asked.tokens}, or the {asked.who}'s context)."


def _unknown(tally: Tally, reason: Reason, _: _Asked) -> str:
    if set(tally.details[reason]) == {""}:
        return (
            "came without a finish reason, and are graded in full. Look up in the server's documentation how it "
            "distinguishes complete answers from those that it cut off or could not finish."
        )
    return (
        f"ended for a reason that Northstar does not know, and are graded in full ({_names(tally, reason)}). "
        "Look up in the server's documentation whether such answers are complete."
    )


_SAID: dict[Reason, Callable[[Tally, Reason, _Asked], str]] = {
    Reason.CONTEXT: _context,
    Reason.ERROR: _error,
    Reason.WITHHELD: _withheld,
    Reason.REFUSED: _refused,
    Reason.UNUSABLE: _unusable,
    Reason.REASONING_CUT: _reasoning_cut,
    Reason.END_NOT_FOUND: _end_not_found,
    Reason.REASONING_ALONE: _reasoning_alone,
    Reason.CALLS_ALONE: _calls_alone,
    Reason.TOOL_LIMIT: _tool_limit,
    Reason.CUT_BEFORE_TEXT: _cut_before_text,
    Reason.EMPTY: _empty,
    Reason.CUT_OFF: _cut_off,
    Reason.UNKNOWN_ENDING: _unknown,
}
