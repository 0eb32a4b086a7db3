"""Grades nothing: puts a part of each answer into a field of its own, for rows of a user's file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from northstar.core.records import Generation, Grade, Row
from northstar.core.text import storable
from northstar.graders.extracted.json_schema import agrees
from northstar.graders.final_answer import is_unanswered
from northstar.task.grader import ComputeError, SolverContext

_MOST_STARTS = 1000
"""So many brackets of an answer are tried as the beginning of a JSON value, from the last."""
_START = re.compile(r"[{\[]")


@dataclass(frozen=True)
class Extracted:
    """Sets `name` to what is found in the answer, null if nothing is.

    Args:
        name: The field; '' extracts nothing.
        regex: Its last match.
        schema: The last JSON value of the answer that agrees with it.
        timeout_seconds: Time limit of one extraction; beyond it there is nothing, with `grading_error` in the record.
    """

    name: str = ""
    regex: str | None = None
    schema: Mapping[str, Any] = field(default_factory=dict)
    timeout_seconds: float = 10.0

    version = 1

    @property
    def extraction(self) -> str:
        if not self.name:
            return ""
        return f"{self.name}: " + ("the last JSON value of the schema" if self.regex is None else self.regex)

    def identity(self) -> dict[str, Any]:
        if not self.name:
            return {"name": "ungraded"}
        how: dict[str, Any] = {"regex": self.regex} if self.regex is not None else {"schema": dict(self.schema)}
        return {"name": "extracted", "field": self.name, **how}

    async def __call__(self, row: Row, generation: Generation, solver_context: SolverContext) -> Grade:  # noqa: ARG002
        if not self.name:
            return {}
        if is_unanswered(generation) or not generation.generation:
            return {self.name: None}
        text = generation.generation
        try:
            if self.regex is not None:
                call, rule = "northstar.graders.extracted.grader:by_regex", self.regex
                found = await solver_context.compute.call(call, text, rule, timeout=self.timeout_seconds)
            else:
                call = "northstar.graders.extracted.grader:by_schema"
                found = await solver_context.compute.call(call, text, dict(self.schema), timeout=self.timeout_seconds)
        except ComputeError as error:
            return {self.name: None, "grading_error": str(error)}
        return {self.name: found}


def by_regex(text: str, pattern: str) -> Any:
    r"""Return the last match of a pattern: an object of its named groups, its first group, or the whole of it.

    >>> by_regex("x=1, y=2", r"\w=(\d)"), by_regex("x=1", r"(?P<name>\w)=(?P<value>\d)"), by_regex("x", "y")
    ('2', {'name': 'x', 'value': '1'}, None)
    """
    last = None
    for match in re.finditer(pattern, text):
        last = match
    if last is None:
        return None
    if named := last.groupdict():
        return {name: None if value is None else storable(value) for name, value in named.items()}
    found = last[1] if last.re.groups else last[0]
    return None if found is None else storable(found)


def by_schema(text: str, schema: Mapping[str, Any]) -> Any:
    """Return the last JSON value of a text that agrees with a schema, the outermost where they nest; None without one.

    >>> by_schema('So: {"a": {"a": 1}}', {"type": "object", "required": ["a"]})
    {'a': {'a': 1}}
    """
    return next((value for value in _values(text) if agrees(value, schema)), None)


def _values(text: str) -> Iterator[Any]:
    """Yield a text's JSON values: the whole, else those that begin with a bracket, the last and outermost first."""
    import json

    try:
        yield msgspec.json.decode(text.strip())
        return
    except (msgspec.DecodeError, RecursionError):
        pass
    decoder = json.JSONDecoder(parse_constant=_no_number)
    starts = [match.start() for match in _START.finditer(text)][-_MOST_STARTS:]
    found: list[tuple[int, int, Any]] = []
    for start in starts:
        if found and start < found[-1][1]:  # within a value that was read
            continue
        try:
            value, end = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            continue
        found.append((start, end, value))
    yield from (value for _, _, value in reversed(found))


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")
