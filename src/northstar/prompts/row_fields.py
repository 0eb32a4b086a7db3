"""A row's values under the names that the prompts of other tools use for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from northstar.core.records import Row

Sentences = Callable[[], Mapping[str, str]]
"""Gives the sentences that a library adds to the problems of programming contests; may raise NorthstarError."""
SENTENCES = ("FORMATTING_MESSAGE_WITH_STARTER_CODE", "FORMATTING_WITHOUT_STARTER_CODE")
"""Their names, for a problem with starter code and without."""


@dataclass(frozen=True)
class RowFields:
    """Names a row's values as NeMo-Skills does; that tool puts more into a problem's text than we do.

    Attributes:
        renamed: Name of a field → our name for it.
        options: 'dot' for "A. …" after one line break, else "A) …" after an empty line.
        background: Whether a step is shown with its background.
        sentences: See Sentences; None leaves out the question of a programming contest.
    """

    renamed: Mapping[str, str] = field(default_factory=lambda: {"question": "problem"})
    options: str = "parenthesis"
    background: bool = True
    sentences: Sentences | None = None

    def __call__(self, row: Row) -> Mapping[str, Any]:
        named = dict(row)
        if isinstance(row.get("options"), Mapping) and isinstance(row.get("problem"), str):
            named |= _choices(row["problem"], row["options"], self.options)
        named |= {name: named[ours] for name, ours in self.renamed.items() if ours in named}
        if "sub_steps" in row:
            named |= _steps(row, self.background)
        if "starter_code" in row:
            named.pop("question", None)
            if self.sentences is not None:
                named["question"] = _contest(row, self.sentences())
        return named


def _choices(problem: str, options: Mapping[str, str], style: str) -> dict[str, str]:
    mark, gap = (".", "\n") if style == "dot" else (")", "\n\n")
    text = "\n".join(f"{letter}{mark} {option}" for letter, option in options.items())
    return {**options, "options": text, "problem": f"{problem}{gap}{text}"}


def _steps(row: Row, background: bool) -> dict[str, str]:
    """Return the steps that are done, and the next one, as SciCode's official script writes them."""
    at, codes, steps = row.get("current", 0), row.get("codes", ()), row["sub_steps"]
    done: list[str] = []
    for step, code in zip(steps, codes, strict=False):
        done += [_described(step, background), code, "------"]
    header = f"{steps[at]['header']}\n\n{steps[at]['return_line']}"
    return {
        "problem_steps_str": "\n\n".join(done[:-1]),
        "next_step_str": f"{_described(steps[at], background)}\n\n{header}",
    }


def _described(step: Mapping[str, Any], background: bool) -> str:
    return f"{step['description']}\n{step['background']}" if background else str(step["description"])


def _contest(row: Row, sentences: Mapping[str, str]) -> str:
    """Return a contest's problem with the form of its answer; four spaces become a tab, as that tool does."""
    with_starter, without = (sentences[name] for name in SENTENCES)
    if starter := row["starter_code"]:
        form, code = f"{with_starter}\n", starter
    else:
        form, code = f"{without}\n\n", "# YOUR CODE HERE"
    return f"{row['problem']}\n\n{form}```python\n{code}\n```\n\n".replace("    ", "\t")
