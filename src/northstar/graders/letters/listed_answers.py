"""Decides which of several stated answers counts, where a generation also lists the answers of other questions.

A model that was shown examples may answer them, too, before its own question or after it. The rule: statements that
follow each other closely, or that are labelled as answers of several questions, are a list. What is stated last outside
of a list counts, be it before or after it; the last of the list counts where nothing is stated outside.
"""

from __future__ import annotations

import re

from northstar.graders.letters.stated_letter import Statement

LONGEST_GAP = 160
"""Characters between two statements of a list: the text of an option, an empty line, a label. Reasoning is longer."""
LEAST_REASONING = 24
"""Characters before a first statement that make it one with a reason, and not the head of a list."""
LONGEST_LABEL = 300
"""Characters before a statement in which its label may stand: it may repeat the question."""

_CORRECTS = re.compile(
    r"""\b(?: wait | hmm+ | oh | oops | actually | sorry | apolog\w* | mistake\w* | mistook | correction | correcting
        | on[ ]reflection | (?:re|double[ -]?)(?:consider|check|think|evaluat|examin|read|calculat)\w*
        | (?:is|was|that['’]s|am)[ ](?:wrong|incorrect|not) | no(?=\s?[,.:;!—–-]) )\b""",
    re.VERBOSE | re.IGNORECASE,
)
_CONCLUDES = re.compile(
    r"\b(?:but|however|so|therefore|thus|hence|final|finally|since|because|should|let['’]?s|let me|let us)\b",
    re.IGNORECASE,
)
"""Words before a statement by which it corrects another one, or concludes, and does not go on with a list."""

_ORDINAL = "first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|next|other|previous|[0-9]{1,2}(?:st|nd|rd|th)"
_QUESTION = "question|problem|example|exercise"
_OF_QUESTION = re.compile(
    rf"""(?:^|\n)[^\w\n]{{0,8}} (?: (?:{_QUESTION})[ |]{{0,3}} (?:(?:\#|no\.?[ ])?[ |]{{0,2}}[0-9]{{1,2}}\b | :)
                                | Q[ ]?[0-9]{{1,2}}[.:)|] )
       | (?:^|\n)[^\w\n]{{0,8}} (?:the[ ])?(?:{_ORDINAL})[ ](?:{_QUESTION})[^\w\n]{{0,4}} [:\n]
       | \b(?:for|to|of|in|on)[ ] (?: (?:{_QUESTION})[ ](?:\#|no\.?[ ])?[0-9]{{1,2}}\b
                                   | (?:the|an|each)[ ](?:{_ORDINAL})[ ](?:\w+[ ])?(?:{_QUESTION}) )""",
    re.VERBOSE | re.IGNORECASE,
)
_OF_OWN = re.compile(
    rf"\b(?:this|last|final|given|current|actual|main|original|my|your)[ ](?:\w+[ ])?(?:{_QUESTION})\b", re.IGNORECASE
)
_NUMBER = re.compile(r"(?:^|\n)[^\w\n]{0,8}[0-9]{1,2}[|]?[.):][^\n]{0,60}\Z")
_HEADER = re.compile(r"\b(?:answers|questions|examples|problems|summary|recap)\b", re.IGNORECASE)
_LETTERS = re.compile(r"(?:[^\w\n]{0,4}(?:and\s)?[|(\[]{0,3}[A-Za-z](?!\w)){2}")


def that_counts(text: str, stated: list[Statement]) -> Statement | None:
    """Return the statement that counts as the answer of a plain text; None without any."""
    if len({statement.letter for statement in stated}) < 2:
        return stated[-1] if stated else None
    outside = _outside_of_lists(text, stated)
    return outside[-1] if outside else stated[-1]


def _outside_of_lists(text: str, stated: list[Statement]) -> list[Statement]:
    gaps = _gaps(text, stated)
    leads = [gaps[0], *(_lead(gap) for gap in gaps[1:])]
    labels = [_label(lead, text, statement) for lead, statement in zip(leads, stated, strict=True)]
    outside: list[Statement] = []
    first = 0
    for place in range(1, len(stated) + 1):
        if place < len(stated) and _goes_on(stated[place - 1 : place + 1], gaps[place], labels[place - 1 : place + 1]):
            continue
        run = stated[first:place]
        headed = first > 0 and _HEADER.search(leads[first]) is not None
        if not _is_list(text, run, labels[first:place], headed):
            outside += run
        elif labels[first] == "" and not headed and _has_reason(leads[first]):
            outside.append(run[0])  # the answer, and then the list
        first = place
    return outside


def _gaps(text: str, stated: list[Statement]) -> list[str]:
    """Return the text before each statement, back to the one before it; of LONGEST_LABEL characters at most."""
    ends = [0, *(statement.end for statement in stated)]
    return [text[max(end, it.start - LONGEST_LABEL) : it.start] for end, it in zip(ends, stated, strict=False)]


def _lead(gap: str) -> str:
    """Return what leads to a statement: the gap less the rest of the line (or sentence) of the statement before."""
    for end in ("\n", ". ", "; ", ", "):
        _, found, lead = gap.partition(end)
        if found:
            return lead
    return gap


def _label(lead: str, text: str, statement: Statement) -> str:
    """Return "own", "question" or "number" if a statement is labelled as the answer of such, else ""."""
    sentence = text[statement.start : statement.end + 60].partition("\n")[0]
    sentence = re.split(r"[.;]\s", sentence, maxsplit=1)[0]
    if _OF_OWN.search(lead[-100:]) or _OF_OWN.search(sentence):
        return "own"
    if _OF_QUESTION.search(sentence) or (_OF_QUESTION.search(lead) and not _CORRECTS.search(lead)):
        return "question"
    return "number" if _NUMBER.search(lead) else ""


def _goes_on(pair: list[Statement], gap: str, labels: list[str]) -> bool:
    """Return whether the second of two statements goes on with a list that the first one is of."""
    if labels[0] != labels[1] or labels[1] == "own" or not (pair[0].letter and pair[1].letter):
        return False
    if labels[1] == "question":
        return True
    lead = _lead(gap)
    if _CORRECTS.search(gap) or _CONCLUDES.search(lead) or _HEADER.search(lead):
        return False
    return labels[1] == "number" or pair[1].start - pair[0].end <= LONGEST_GAP


def _is_list(text: str, run: list[Statement], labels: list[str], headed: bool) -> bool:
    if labels[0] == "question":
        return True
    if len(run) == 1:
        return not run[0].letter and _LETTERS.match(text, run[0].end) is not None  # three letters and more
    letters = {statement.letter for statement in run}
    return len(letters) > 1 and (len(run) > 2 or headed or labels[0] == "number")


def _has_reason(lead: str) -> bool:
    """Return whether more than the head of a list stands before a statement."""
    last = lead.rstrip().rpartition("\n")[2] if lead.rstrip().endswith(":") else ""
    return len(lead) - len(last) >= LEAST_REASONING and not _HEADER.search(lead)
