"""What is asked of the official checkers, and what becomes of answers that they never see."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from northstar.benchmarks.bfcl_v3.calls import STEP_LIMIT, decoded
from northstar.benchmarks.bfcl_v3.grader import OfficialCheck
from northstar.core.errors import UsageError
from northstar.core.records import Generation, Grade, Step
from northstar.task.grader import ComputeError, ComputeLost, SolverContext

CALL = {"id": "1", "name": "f", "arguments": '{"a": 1}'}
BROKEN = {"id": "2", "name": "f", "arguments": '{"a": '}
SINGLE = {"id": "simple_0", "category": "simple", "function": [{"name": "f"}], "ground_truth": [{"f": {"a": [1]}}]}
MULTI = {
    "id": "multi_turn_base_0",
    "category": "multi_turn_base",
    "question": [[{"role": "user", "content": "one"}], [{"role": "user", "content": "two"}]],
    "function": [],
    "initial_config": {"C": {}},
    "involved_classes": ["C"],
    "ground_truth": [["f(a=1)"], []],
}


class Checkers:
    """Answers with these, one after the other."""

    def __init__(self, *says: Any) -> None:
        self.says = list(says)
        self.asked: list[tuple[Any, ...]] = []

    async def call(self, function: str, *arguments: Any, timeout: float) -> Any:
        self.asked.append((function, *arguments))
        reply = self.says.pop(0)
        if isinstance(reply, Exception):
            raise reply
        return reply


def grade(row: dict[str, Any], checkers: Checkers, **generation: Any) -> Grade:
    solver_context = SolverContext(compute=checkers, helper=checkers)
    return asyncio.run(OfficialCheck()(row, Generation(generation="", **generation), solver_context))


def test_calls_go_to_the_checker_with_the_functions_and_the_reference() -> None:
    checkers = Checkers({"valid": True})
    assert grade(SINGLE, checkers, tool_calls=[CALL]) == {"correct": True}
    assert checkers.asked == [
        ("official:check_calls", "simple", SINGLE["function"], SINGLE["ground_truth"], [["f", {"a": 1}]])
    ]


def test_what_is_wrong_is_in_the_grade() -> None:
    checkers = Checkers({"valid": False, "error_type": "value_error:others", "error": "2 for 1"})
    assert grade(SINGLE, checkers, tool_calls=[CALL]) == {
        "correct": False,
        "checker_error": "value_error:others",
        "checker_message": "2 for 1",
    }


def test_what_the_checker_quotes_of_a_call_can_be_written_to_a_file() -> None:
    checkers = Checkers({"valid": False, "error_type": "value_error:dict_key", "error": "Unexpected '\ud800'"})
    assert grade(SINGLE, checkers, tool_calls=[CALL])["checker_message"] == "Unexpected '\ufffd'"


@pytest.mark.parametrize("calls", [None, [], [BROKEN], [CALL, BROKEN], [{**CALL, "arguments": "[1]"}]])
def test_without_a_call_or_with_one_that_cannot_be_read_a_row_is_wrong(calls: Any) -> None:
    assert grade(SINGLE, Checkers(), tool_calls=calls)["correct"] is False


@pytest.mark.parametrize(
    ("category", "calls", "right"),
    [
        ("irrelevance", None, True),
        ("live_irrelevance", [BROKEN], True),
        ("live_irrelevance", [CALL], False),
        ("live_relevance", [CALL], True),
        ("live_relevance", None, False),
        ("live_relevance", [BROKEN], False),
    ],
)
def test_relevance_is_whether_there_is_a_call(category: str, calls: Any, right: bool) -> None:
    assert grade({**SINGLE, "category": category}, Checkers(), tool_calls=calls)["correct"] is right


def test_an_error_is_wrong_even_where_no_call_is_right() -> None:
    assert grade({**SINGLE, "category": "irrelevance"}, Checkers(), error="refused")["correct"] is False


def test_of_a_conversation_the_steps_that_call_something_are_checked_turn_by_turn() -> None:
    checkers = Checkers({"valid": True})
    steps = [
        Step(turn=0, generation="", tool_calls=[CALL, CALL]),
        Step(turn=0, generation="", tool_calls=[BROKEN]),
        Step(turn=0, generation="done"),
        Step(turn=1, generation="nothing to do"),
    ]
    assert grade(MULTI, checkers, steps=steps) == {"correct": True}
    entry = {name: MULTI[name] for name in ("id", "category", "initial_config", "involved_classes")}
    turns = [[[["f", {"a": 1}], ["f", {"a": 1}]]], []]
    assert checkers.asked == [("official:check_turns", entry, MULTI["ground_truth"], turns)]


def test_a_conversation_that_was_ended_is_wrong() -> None:
    assert (
        grade(MULTI, Checkers(), steps=[], finish_reason=STEP_LIMIT)["checker_error"] == "multi_turn:force_terminated"
    )


def test_one_whose_reference_has_more_turns_than_the_user_is_wrong_as_officially() -> None:
    row = {**MULTI, "ground_truth": [[], [], []]}
    assert grade(row, Checkers(), steps=[])["checker_message"] == "2 turns, the reference has 3"


def test_a_check_without_a_verdict_counts_as_wrong_and_shows() -> None:
    grades = grade(SINGLE, Checkers(ComputeError("timed out after 10 s")), tool_calls=[CALL])
    assert (grades["correct"], grades["grading_error"]) == (False, "timed out after 10 s")


def test_a_check_that_is_lost_is_no_verdict() -> None:
    with pytest.raises(ComputeLost):
        grade(SINGLE, Checkers(ComputeLost("its process was killed by SIGKILL")), tool_calls=[CALL])


def test_a_time_limit_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError, match="timeout_seconds=0"):
        OfficialCheck(timeout_seconds=0)


@pytest.mark.parametrize(
    "arguments",
    ["", " ", "null", "{}", " {} ", "[]", '""', '"{}"', '"[]"', '"null"', '" "', '" {}\\n"', None, [], {}],
)
def test_nothing_in_whatever_form_is_no_arguments(arguments: Any) -> None:
    assert decoded([{"name": "f", "arguments": arguments}]) == [["f", {}]]


@pytest.mark.parametrize(
    "arguments",
    [
        "{",
        "5",
        "[1]",
        '"x"',
        '"5"',
        5,
        [1],
        True,
        r'"\"{\\\"a\\\": 1}\""',
        "nul",
        "[" * 100_000,
        '{"a": ' + "9" * 5000 + "}",
    ],
)
def test_arguments_that_are_no_object_make_the_answer_unreadable(arguments: Any) -> None:
    assert decoded([CALL, {**CALL, "arguments": arguments}]) is None


@pytest.mark.parametrize("arguments", ['{"a": 1}', r'"{\"a\": 1}"', {"a": 1}])
def test_arguments_are_read_however_often_a_server_encodes_them(arguments: Any) -> None:
    assert decoded([{"name": "f", "arguments": arguments}]) == [["f", {"a": 1}]]


def test_numbers_that_are_not_in_json_are_read_as_officially() -> None:
    assert str(decoded([{"name": "f", "arguments": '{"a": NaN, "b": -Infinity}'}])) == "[['f', {'a': nan, 'b': -inf}]]"


@pytest.mark.parametrize("call", [{"name": "f"}, {"arguments": "{}"}, {}])
def test_a_call_without_a_name_or_arguments_makes_the_answer_unreadable(call: dict[str, Any]) -> None:
    assert decoded([call]) is None
