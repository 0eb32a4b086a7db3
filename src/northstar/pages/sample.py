"""A record as its page shows it: texts as safe HTML, in the order in which a person reads them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple

from markupsafe import Markup

from northstar.core.text import counted, duration
from northstar.pages.environment import environment
from northstar.pages.extracted import Place, place_of
from northstar.pages.latex import MathTime
from northstar.pages.text import MOST_SHOWN, shown_text
from northstar.pages.verdict import ANSWERS, SCORES, Verdict, verdict_of_record

_MOST_OF_A_FIELD = 5_000
_LONGEST_SHORT = 200
_LONGEST_NAME = 120
_MOST_PARTS = 200
"""Steps, turns, tool calls and tests that are shown, of each."""
_GRADES = frozenset(
    (
        *(*SCORES, *ANSWERS, "graded_list", "status", "first_failed_test", "test_error", "subtask_accuracy"),
        *("num_subtasks", "eval_status", "checker_error", "checker_message", "grading_error"),
        *("judgement", "judge", "judge_label", "judge_unparsed", "judge_correct", "match_ratio", "passing_base_tests"),
        *("passing_plus_tests", "strict_instructions", "loose_instructions", "ungraded", "verified_share"),
        *("prompt_strict_accuracy", "prompt_loose_accuracy", "instruction_strict_accuracy"),
        *("instruction_loose_accuracy", "num_instructions"),
    )
)
_GENERATION = frozenset(
    (
        *("generation", "reasoning", "reasoning_unfinished", "end_not_found", "end_unopened", "finish_reason", "error"),
        *("out_of_context", "reduced_to", "tool_calls", "steps", "turns", "answered_by", "system_fingerprint"),
        *("num_generated_tokens", "num_prompt_tokens", "generation_start_time", "generation_end_time"),
    )
)
OWN_FIELDS = _GRADES | _GENERATION
"""Fields of a record that are not its row's."""
_SHOWN_OF_ROW = frozenset(("id", "problem", "question", "options", "expected_answer"))


class Call(NamedTuple):
    """A tool call, as written, and what it gave."""

    name: str
    arguments: Markup
    result: Markup | None


class Short(NamedTuple):
    """An answer or a reference; a long one, such as a program, has a section of its own."""

    text: Markup
    is_long: bool


@dataclass(frozen=True)
class Part:
    """One answer of several: a step of a conversation, a turn, or the only one."""

    title: str
    reasoning: Markup | None
    answer: Markup
    calls: Sequence[Call] = ()


class Test(NamedTuple):
    """A test, or a step, that failed."""

    name: str
    status: str
    message: Markup


@dataclass(frozen=True)
class ShownSample:
    """A record, ready for the macro `sample` of sample.html.

    Attributes:
        prompt: (role, text) of each message.
        facts: (name, value) of what is short.
        parts: The generation, in one or several answers.
        extracted: What was taken for the answer; `how`: from where.
        judges: (name and verdict, words) of each judge.
        fields: (name, text) of the row's other fields.
        math_skipped: Formulas shown as they were written, for lack of time.
    """

    title: str
    verdict: Verdict
    prompt: Sequence[tuple[str, Markup]]
    facts: Sequence[tuple[str, str]]
    parts: Sequence[Part]
    extracted: Short | None
    how: str
    reference: Short | None
    error: Markup | None
    judges: Sequence[tuple[str, Markup]]
    tests: Sequence[Test]
    fields: Sequence[tuple[str, Markup]]
    math_skipped: int

    def html(self, *, heading: int = 2) -> Markup:
        """Render it; `heading` is the level of its own heading."""
        module = environment().get_template("sample.html").module
        return Markup(module.sample(self, heading))  # type: ignore[attr-defined]


def shown_sample(
    record: Mapping[str, Any],
    *,
    title: str,
    messages: Sequence[tuple[str, str]] = (),
    scores: Sequence[str] = SCORES,
    most: int = MOST_SHOWN,
    math_seconds: float = 0.5,
    judged: Sequence[Mapping[str, Any]] = (),
) -> ShownSample:
    """Prepare one record for its page. Never raises for what a record holds.

    Args:
        record: A line of an output.
        title: Its heading.
        messages: What was asked, (role, text); the row's problem and options if empty.
        scores: The fields of its main score, the first that it has counts.
        most: Characters shown of each text.
        math_seconds: How long its formulas may take in all.
        judged: What judges said that the record has not: lines of their outputs.
    """
    math = MathTime(math_seconds)
    answer = next((record[name] for name in ANSWERS if record.get(name) not in (None, "")), None)
    text = _text(record.get("generation"))
    place = place_of(text, None if answer is None else _text(answer))
    reference = record.get("expected_answer")
    prompt = [(role, shown_text(content, most=most, math=math)) for role, content in messages or _problem(record)]
    return ShownSample(
        title=_name(title),
        verdict=verdict_of_record(record, scores),
        prompt=prompt,
        facts=list(_facts(record)),
        parts=_parts(record, text, place, most, math),
        extracted=None if answer is None else _short(answer),
        how="" if place is None else place.how,
        reference=None if reference is None else _short(reference),
        error=None if record.get("error") is None else shown_text(_text(record["error"]), most=_MOST_OF_A_FIELD),
        judges=[said for each in (record, *judged) if (said := _judge(each, most, math)) is not None],
        tests=list(_tests(record)),
        fields=[
            (_name(name), shown_text(_text(value), most=_MOST_OF_A_FIELD))
            for name, value in islice(record.items(), _MOST_PARTS)
            if name not in OWN_FIELDS | _SHOWN_OF_ROW and value is not None
        ],
        math_skipped=math.skipped,
    )


def _short(value: object) -> Short:
    text = _text(value)
    return Short(shown_text(text, most=_MOST_OF_A_FIELD), len(text) > _LONGEST_SHORT or "\n" in text.strip())


def _problem(record: Mapping[str, Any]) -> list[tuple[str, str]]:
    problem = next((record[name] for name in ("problem", "question", "prompt") if record.get(name)), None)
    if problem is None:
        return []
    if isinstance(problem, list) and (messages := list(_messages(problem))):
        return messages
    options = record.get("options")
    listed = [f"\n{letter}) {_text(text)}" for letter, text in options.items()] if isinstance(options, Mapping) else []
    return [("Problem", _text(problem) + "\n" * bool(listed) + "".join(listed))]


def _messages(turns: list[Any], depth: int = 3) -> Iterator[tuple[str, str]]:
    """Yield the messages of a conversation's turns, as BFCL has them."""
    for each in turns[:_MOST_PARTS]:
        if isinstance(each, list) and depth:
            yield from _messages(each, depth - 1)
        elif isinstance(each, Mapping) and "content" in each:
            yield _name(each.get("role") or "user"), _text(each["content"])


def _parts(record: Mapping[str, Any], text: str, place: Place | None, most: int, math: MathTime) -> list[Part]:
    """Return the answers of a record; its own text is the last, unless it was made of the others."""
    several = [each for name in ("steps", "turns") for each in _mappings(record.get(name))]
    parts = [_part(each, number, most, math) for number, each in enumerate(several[:_MOST_PARTS], start=1)]
    if len(several) > _MOST_PARTS:
        parts.append(Part(f"and {len(several) - _MOST_PARTS} more", None, Markup("")))
    reasoning = record.get("reasoning")
    span, how = (None, "") if place is None else (place.span, f"taken for the answer: {place.how}")
    parts.append(
        Part(
            "answer" if not several else "Graded text",
            None if reasoning is None else shown_text(_text(reasoning), most=most, math=math),
            shown_text(text, marked=span, most=most, math=math, how=how),
            _calls(record),
        )
    )
    return parts


def _part(each: Mapping[str, Any], number: int, most: int, math: MathTime) -> Part:
    reasoning = each.get("reasoning")
    title = (
        f"{number}. {_name(each['name'])}" if each.get("name") else f"Step {number}, turn {_name(each.get('turn', 0))}"
    )
    return Part(
        title,
        None if reasoning is None else shown_text(_text(reasoning), most=most, math=math),
        shown_text(_text(each.get("generation")), most=most, math=math),
        _calls(each),
    )


def _calls(answer: Mapping[str, Any]) -> list[Call]:
    results = answer.get("results")
    given = results if isinstance(results, Sequence) and not isinstance(results, str) else ()
    calls = []
    for number, call in enumerate(_mappings(answer.get("tool_calls"))[:_MOST_PARTS]):
        result = None if number >= len(given) else shown_text(_text(given[number]), most=_MOST_OF_A_FIELD)
        arguments = shown_text(_text(call.get("arguments")), most=_MOST_OF_A_FIELD)
        calls.append(Call(_name(call.get("name")), arguments, result))
    return calls


def _judge(record: Mapping[str, Any], most: int, math: MathTime) -> tuple[str, Markup] | None:
    if record.get("judgement") is None and record.get("judge_correct") is None:
        return None
    correct = record.get("judge_correct")
    said = f"won {100 * correct:.0f}%" if isinstance(correct, float) else "right" if correct else "wrong"
    if record.get("judge_label") is not None:
        said = _name(record["judge_label"]).replace("_", " ")
    if record.get("judge_unparsed"):
        said = "no verdict found in its words"
    name = f"{_name(record.get('judge') or 'the judge')}: {said}"
    return name, shown_text(_text(record.get("judgement")), most=most, math=math)


def _tests(record: Mapping[str, Any]) -> Iterator[Test]:
    """Yield the tests and steps that failed, and what a checker objected to."""
    if record.get("first_failed_test") is not None or record.get("test_error"):
        number = record.get("first_failed_test")
        name = "program" if number is None else f"test {_name(number)}"
        yield Test(name, _name(record.get("status") or "failed"), shown_text(_text(record.get("test_error") or "")))
    for step in _mappings(record.get("eval_status"))[:_MOST_PARTS]:
        if step.get("process_status") != "completed":
            message = shown_text(_text(step.get("error") or ""), most=_MOST_OF_A_FIELD)
            yield Test(f"step {_name(step.get('step'))}", _name(step.get("process_status")), message)
    if record.get("checker_error") or record.get("checker_message"):
        message = shown_text(_text(record.get("checker_message") or ""), most=_MOST_OF_A_FIELD)
        yield Test("calls", _name(record.get("checker_error") or "wrong"), message)
    if record.get("grading_error"):
        yield Test("grading", "error", shown_text(_text(record["grading_error"]), most=_MOST_OF_A_FIELD))


def _facts(record: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    tokens, start, end = (
        _number(record.get(name)) for name in ("num_generated_tokens", "generation_start_time", "generation_end_time")
    )
    if tokens is not None:
        yield "length", counted(int(tokens), "token")
    if start and end and 0 <= end - start < 1e9:
        yield "time", duration(end - start)
    if record.get("finish_reason"):
        yield "ended by", _name(record["finish_reason"])
    if record.get("reasoning_unfinished"):
        yield "reasoning", "never ended"
    for name in ("subtask_accuracy", "answered_by", "reduced_to"):
        if record.get(name) is not None:
            yield name.replace("_", " "), _name(record[name])


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) < 2**53:
        return None
    return float(value)


def _mappings(value: object) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def _name(value: object) -> str:
    """Return a name, bounded: whoever wrote the record chose it."""
    text = _text(value)
    return text if len(text) <= _LONGEST_NAME else text[:_LONGEST_NAME] + "…"


def _text(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str, indent=1)
