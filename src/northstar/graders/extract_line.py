r"""Extracts a short answer that a generation gives on a line of its own, such as "Answer: 1867"."""

from __future__ import annotations

import re

from northstar.graders.extract import extract_boxed

_LINE = re.compile(
    r"""^(?:[ \t#>-]|\*(?=[ \t])){0,8} (?:[0-9][.)]\ )? (?P<marked>[*_]{1,3})?
        (?:(?:the|my)\ )? (?:(?:exact|final|correct)\ ){0,2} answer
        (?: [*_]{0,3} \ {0,2} [:：] (?(marked)[*_]{0,3}|) (?:[ \t]{0,4}[*_]{1,3}(?=[ \t]|$))?
          | (?P<heading>[*_:：]{0,4}[ \t#]{0,4}$) )
        [ \t]{0,12} (?P<rest>[^\r\n]*)""",
    re.VERBOSE | re.MULTILINE | re.IGNORECASE,
)
_HEADING = re.compile(r"[ \t]{0,4}(?:#|\*\*|__)|(?:My |The |Final |Exact |Correct )*Answer")
"""How a line without a colon begins, to be a heading and not the last word of a sentence."""
_IN_LINE = re.compile(
    r"""(?<=\S)[ \t]{1,4} (?:\*\*)? (?:(?:Exact|Final|Correct)[ ]){0,2} Answer (?:\*\*)?[ ]? [:：]
        (?:[ \t]{0,4}[*_]{1,3}(?=[ \t]|$))? (?P<rest>[^\r\n]*)""",
    re.VERBOSE | re.MULTILINE,
)
_NEXT_LINE = re.compile(r"(?:[ \t]*\r?\n){1,3}[ \t]*(?P<rest>[^\s][^\r\n]*)")
_DISPLAYED = re.compile(
    r"""\s{0,4} (?: \\\[ (?P<bracket>(?:(?!\\\[).){1,4000}?) \\\]
        | \$\$ (?P<dollars>(?:(?!\$\$).){1,4000}) \$\$
        | ```[a-z]{0,12}[ \t]*\r?\n (?P<fence>.{1,4000}?) \n[ \t]*```
        | \\begin\{(?P<name>(?:equation|align|gather|displaymath)\*?)\} (?P<block>.{1,4000}?) \\end\{(?P=name)\}
        ) [ \t]*\.?[ \t]*(?=[\r\n]|\Z|(?:\*\*)?[Cc]onfidence)""",
    re.VERBOSE | re.DOTALL,
)
"""A formula or a block of code on lines of its own."""
_NEXT_FIELD = re.compile(
    r"""(?<![A-Za-z])(?:confidence|certainty|explanation|reasoning|rationale|justification)(?:[ ](?:level|score))?
        [*_]{0,3}\s?[:：=]""",
    re.VERBOSE | re.IGNORECASE,
)
_NAME = re.compile(r"__[a-z][a-z0-9_]*__")
_WRAPPINGS = [
    ("**", "**"),
    ("__", "__"),
    ("*", "*"),
    ("`", "`"),
    ("$$", "$$"),
    ("$", "$"),
    (r"\(", r"\)"),
    (r"\[", r"\]"),
]


def extract_line(text: str) -> str | None:
    r"""Return the last line "Exact Answer: …", "Final answer: …" or "Answer: …", else the last \boxed{}, else None.

    Bold marks, dollar signs, a box and a full stop around the answer are removed. It may be on the following line.

    >>> extract_line("It was finished in 1867.\n**Final answer: 1867.**")
    '1867'
    """
    for line in reversed(list(_LINE.finditer(text))):
        if line["heading"] is not None and not _HEADING.match(line[0]):
            continue
        if answer := _displayed(text, line) or _tidied(_rest(text, line)):
            return answer
    for line in reversed(list(_IN_LINE.finditer(text))):
        if answer := _tidied(line["rest"]):
            return answer
    return extract_boxed(text)


def _displayed(text: str, line: re.Match[str]) -> str | None:
    """Return the formula that stands displayed where the answer should."""
    start = line.start("rest") if line["rest"].strip() else _skip_empty_lines(text, line.end())
    found = _DISPLAYED.match(text, start)
    if found is None:
        return None
    content = next(found[name] for name in ("bracket", "dollars", "fence", "block") if found[name])
    return _tidied(content) or None


def _skip_empty_lines(text: str, end: int) -> int:
    following = _NEXT_LINE.match(text, end)
    return following.start("rest") if following else end


def _rest(text: str, line: re.Match[str]) -> str:
    if line["rest"].strip():
        return line["rest"]
    following = _NEXT_LINE.match(text, line.end())
    return following["rest"] if following and not following["rest"].startswith("#") else ""


def _tidied(rest: str) -> str:
    answer = rest.strip()
    if (field := _NEXT_FIELD.search(answer)) is not None:
        answer = answer[: field.start()].rstrip(" \t,;|([–—")
        before, _, last = answer.rpartition(" ")
        answer = answer if last.strip("*_") else before.rstrip()  # drop the opening ** of **Confidence:**
    answer = extract_boxed(answer) or answer
    for _ in range(3):
        answer = answer.removesuffix(".").strip() if not answer.endswith("..") else answer
        for left, right in _WRAPPINGS:
            inner = answer[len(left) : len(answer) - len(right)]
            if (
                answer.startswith(left)
                and answer.endswith(right)
                and inner.strip()
                and left not in inner
                and not _is_name(answer)
            ):
                answer = inner.strip()
        if answer.endswith("**") and "**" not in answer[:-2]:  # **Answer: 5**
            answer = answer[:-2].strip()
    return answer


def _is_name(answer: str) -> bool:
    """Return whether underscores around a text are its own, as in "__init__"."""
    return _NAME.fullmatch(answer) is not None
