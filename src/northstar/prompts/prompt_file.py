"""Reads a prompt file of either form: Northstar's (Jinja templates), or NeMo-Skills' (fields in single braces)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from northstar.core.errors import NorthstarError, UsageError
from northstar.prompts.format_template import FormatTemplate, format_template
from northstar.prompts.renderer import TemplateFails, TemplateOverLimit, foreign_template, read_yaml

Form = Literal["northstar", "nemo-skills"]

_KNOWN: Mapping[Form, frozenset[str]] = {
    "northstar": frozenset(("user", "system")),
    "nemo-skills": frozenset(("user", "system", "few_shot_examples", "image_position")),
}
_THEIRS_ALONE = frozenset(("few_shot_examples", "image_position", "image_field", "audio_field", "code_tags"))
_FIELDS_OF_ROWS = frozenset(
    ("problem", "question", "options", "examples", "expected_answer", "predicted_answer", "generation", "solution")
)
"""Names by which a text that could be read in both forms is told."""
EXAMPLES = "examples"
"""The field of few-shot examples: code of that tool, so that there are none."""
_STATEMENT = re.compile(r"\{[%#]")
_EXPRESSION = re.compile(r"\{\{-?\s*([A-Za-z_]\w*)")


@dataclass(frozen=True)
class PromptTexts:
    """The texts of a prompt file."""

    form: Form
    system: str | None
    user: str


def read_texts(name: str, content: bytes, form: Form | None = None) -> PromptTexts:
    """Read the texts of a prompt file, within limits of time and memory.

    Args:
        name: What messages call the file.
        content: Its bytes.
        form: Its form where that is known; else it is told from the keys and fields.

    Raises:
        UsageError: It has neither form, or both.
    """
    try:
        found = read_yaml(content)
    except (TemplateFails, TemplateOverLimit) as error:
        raise UsageError(f"the prompt file {name} is not YAML: {error}") from None
    values, lines = {key: value for key, (value, _) in found.items()}, {key: line for key, (_, line) in found.items()}
    user, system = values.get("user"), values.get("system")
    if not isinstance(user, str):
        where = f" (line {lines['user']})" if "user" in lines else ""
        raise UsageError(f"the prompt file {name}{where} needs a text under 'user' (and may have one under 'system').")
    if not isinstance(system, str | None):
        raise UsageError(
            f"the prompt file {name} (line {lines['system']}) has something other than a text under 'system'."
        )
    form = form or _form_of(name, values, user, lines["user"])
    if unknown := [key for key in values if key not in _KNOWN[form]]:
        raise UsageError(
            f"the prompt file {name} (line {lines[unknown[0]]}) has an unknown key '{unknown[0]}'; it may have "
            f"{_listed(_KNOWN[form])}."
        )
    if form == "northstar":
        return PromptTexts(form, system, user.rstrip("\n"))
    _check_examples(name, values.get("few_shot_examples"), lines)
    # As that tool does: a text under 'system' is sent as it is, with its doubled braces, and '' is none.
    return PromptTexts(form, system or None, user)


def format_of_file(name: str, text: str) -> FormatTemplate:
    """Read the fields of a text in single braces. Raises UsageError that names the file."""
    try:
        return format_template(text, empty=(EXAMPLES,))
    except TemplateFails as error:
        raise UsageError(f"the prompt file {name} is not a valid template: {error}.") from None


def jinja_of_file(name: str, text: str) -> Any:
    """Compile a Jinja template of a user's file, to be rendered within limits. Raises UsageError, NorthstarError."""
    try:
        return foreign_template("prompt", text)
    except TemplateFails as error:
        raise UsageError(f"the prompt file {name} is not a valid template: {error}.") from None
    except TemplateOverLimit as over:
        raise NorthstarError(f"the prompt file {name} cannot be compiled as a template: {over}.") from None


def _form_of(name: str, values: Mapping[str, Any], user: str, line: int) -> Form:
    """Tell the form from keys that only one has, else from the fields: {problem} or {{ problem }}."""
    if _THEIRS_ALONE & values.keys():
        return "nemo-skills"
    single = set() if _STATEMENT.search(user) else _single_braced(user)
    double = {field for field in _EXPRESSION.findall(user) if field.islower()}  # {{A}} is a literal there
    if not single:
        return "northstar"
    if not double:
        return "nemo-skills"
    mine, theirs = bool(double & _FIELDS_OF_ROWS), bool(single & _FIELDS_OF_ROWS)
    if mine != theirs:
        return "northstar" if mine else "nemo-skills"
    one, other = sorted(single)[0], sorted(double)[0]
    raise UsageError(
        f"the prompt file {name} (line {line}) has fields in single braces, {{{one}}}, and in double braces, "
        f"{{{{ {other} }}}}: write them all in one form ({{{{ … }}}} is Northstar's, {{…}} is NeMo-Skills')."
    )


def _single_braced(text: str) -> set[str]:
    try:
        return set(format_template(text).fields)
    except TemplateFails:  # LaTeX, say: no text for str.format
        return set()


def _check_examples(name: str, examples: Any, lines: Mapping[str, int]) -> None:
    """Raise UsageError for few-shot examples that are asked for: they are Python code of that tool."""
    if isinstance(examples, Mapping) and (asked := examples.get("examples_type") or examples.get("retrieval_field")):
        raise UsageError(
            f"the prompt file {name} (line {lines['few_shot_examples']}) asks for few-shot examples ('{asked}'), which "
            "are part of that tool's code; write them into the 'user' text."
        )


def _listed(names: frozenset[str]) -> str:
    first, *others = sorted(names, key=lambda name: (name not in ("user", "system"), name != "user", name))
    return f"{', '.join([first, *others[:-1]])} and {others[-1]}" if others else first
