"""Reads what of an answer is put into a field, and a judge's labels: --extract and --judge_labels."""

from __future__ import annotations

import re
from typing import Any

from northstar.config.input.rows import Extraction
from northstar.config.settings import read_schema
from northstar.core.errors import UsageError
from northstar.graders.extracted.json_schema import fault_of_schema
from northstar.results.outputs import is_ours

FIELD = "extracted"
REGEX, SCHEMA = "regex:", "json-schema:"


def read_extraction(extract: str | None, field: str | None, asked_schema: Any = None) -> Extraction | None:
    """Read --extract and --extract_field. asked_schema: that of ++inference.json_schema. Raises UsageError."""
    if extract is None:
        if field is not None:
            raise UsageError(f"--extract_field={field} needs --extract, which says what goes there.")
        return None
    name = FIELD if field is None else field
    if not name or is_ours(name) or name == "id":
        raise UsageError(f"--extract_field={name}: records have a field of that name already; choose another.")
    if extract.startswith(REGEX):
        pattern = extract.removeprefix(REGEX)
        try:
            re.compile(pattern)
        except re.error as error:
            raise UsageError(f"--extract={extract}: no regular expression ({error}).") from None
        if not pattern:
            raise UsageError("--extract=regex: needs a pattern behind it, like 'regex:Answer: (.*)'.")
        return Extraction(field=name, regex=pattern)
    if extract == SCHEMA.rstrip(":") and isinstance(asked_schema, dict):
        return Extraction(field=name, json_schema=_checked(asked_schema, "++inference.json_schema"))
    if extract.startswith(SCHEMA) and extract != SCHEMA:
        return Extraction(field=name, json_schema=_checked(_read(extract.removeprefix(SCHEMA)), "--extract"))
    raise UsageError(
        f"--extract={extract} must be 'regex:PATTERN', json-schema:FILE, or json-schema alone with "
        "++inference.json_schema."
    )


def _read(path: str) -> Any:
    try:
        return read_schema(path)
    except ValueError as error:
        raise UsageError(f"--extract: {error}.") from None


def _checked(schema: Any, option: str) -> dict[str, Any]:
    if not isinstance(schema, dict):
        raise UsageError(f"{option}: a JSON schema is an object.")
    if fault := fault_of_schema(schema):
        raise UsageError(f"{option}: {fault}.")
    return schema


def read_labels(text: str | None) -> tuple[tuple[str, float], ...]:
    """Read 'good=1,bad=0'. Raises UsageError.

    >>> read_labels("good=1, bad=0")
    (('good', 1.0), ('bad', 0.0))
    """
    if text is None:
        return ()
    found: dict[str, float] = {}
    for part in text.split(","):
        match = re.fullmatch(r"\s*(\w[\w -]*?)\s*=\s*(1(?:\.0*)?|0?\.\d+|0(?:\.\d+)?)\s*", part)
        if match is None:
            raise UsageError(
                f"--judge_labels={text}: '{part.strip()}' must be a label and its score from 0 to 1, like good=1,bad=0."
            )
        if match[1].lower() in {name.lower() for name in found} or match[1].lower() == "unanswered":
            raise UsageError(f"--judge_labels={text}: '{match[1]}' is there twice, or is unanswered, which is taken.")
        found[match[1]] = float(match[2])
    if len(found) < 2:
        raise UsageError(f"--judge_labels={text} needs two labels or more.")
    return tuple(found.items())
