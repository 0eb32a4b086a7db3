"""The rows of a user's file as a benchmark without a grader: what `ns generate` asks."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from northstar.config.input.rows import InputRows, PromptFormat
from northstar.core.benchmark_name import GENERATED
from northstar.core.records import Row
from northstar.graders.extracted.grader import Extracted
from northstar.metrics.answers import JUDGE_SCORE, AnswerMetrics
from northstar.prompts.prompt import Prompt
from northstar.solvers.row_turns import Form, RowTurns
from northstar.task.benchmark import Benchmark, Judge, Splits
from northstar.task.judge import Label, Labels

UNANSWERED = "unanswered"
"""The label of an answer that is none; no judge is asked about it."""
INPUT = "input"
"""The one split of the rows."""

BENCHMARK = Benchmark(
    name=GENERATED,
    about="Rows of a file of one's own, asked by ns generate",
    splits=Splits({}, default=INPUT),
    prompt="bare",
    solver=RowTurns(),
    grader=Extracted(),
    metrics=AnswerMetrics(JUDGE_SCORE, answer=None, majority=False),
    needs=(),
)


def benchmark_of(rows: InputRows) -> Benchmark:
    """Return the benchmark that asks these rows."""
    extract = rows.extract
    found = replace(
        BENCHMARK,
        solver=RowTurns(_FORMS[rows.prompt_format], rows.prompt_key, rows.multi_turn_key),
        grader=Extracted() if extract is None else Extracted(extract.field, extract.regex, extract.json_schema or {}),
    )
    return found if not rows.judge_labels else replace(found, judge=Judge(labels=labels_of(rows)))


def labels_of(rows: InputRows) -> Labels:
    """Return what a judge of these rows may say. Raises ValueError for labels that can't be told apart."""
    named = tuple(Label(name, (), score) for name, score in rows.judge_labels)
    return Labels((*named, Label(UNANSWERED, (), 0.0)), unanswered=UNANSWERED, alone=True)


def check_of(rows: InputRows, prompt: Prompt) -> Callable[[Row], str]:
    """Return what says in a phrase why a row can't be asked, '' for one that can.

    Of a prompt that only puts fields in, a row must have all; what others ask of it shows when they are rendered.
    """
    solver = RowTurns(_FORMS[rows.prompt_format], rows.prompt_key, rows.multi_turn_key)
    fields = plain_fields(prompt) if solver.form == "prompt" and rows.multi_turn_key is None else None
    taken = None if rows.extract is None else rows.extract.field

    def fault(row: Row) -> str:
        for name in fields or ():
            if row.get(name) is None:
                lack = "is null" if name in row else f"is not there (it has {', '.join(map(str, row)) or 'none'})"
                return f"its field '{name}', which the prompt asks for, {lack}"
        if taken is not None and taken in row:
            return f"it has a field '{taken}' already; choose another --extract_field"
        return solver.fault(row)

    return fault


def plain_fields(prompt: Prompt) -> Sequence[str] | None:
    """Return the fields of a prompt that only puts fields in; None for one that does more, which must be rendered."""
    texts = [text for text in (prompt.texts.system, prompt.texts.user) if text is not None]
    if prompt.texts.form == "nemo-skills":
        return tuple(getattr(prompt.user, "fields", ()))
    if any("{%" in text or "{#" in text for text in texts):
        return None
    inside = [part.strip(" -") for text in texts for part in _EXPRESSION.findall(text)]
    return tuple(dict.fromkeys(inside)) if all(part.isidentifier() for part in inside) else None


_EXPRESSION = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_FORMS: Mapping[PromptFormat, Form] = {"ns": "prompt", "openai": "messages", "text": "text"}
