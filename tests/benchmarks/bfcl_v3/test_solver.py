"""How a conversation goes: turns, steps, tools that appear, what is sent back, and how it ends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import pytest

from northstar.benchmarks.bfcl_v3.calls import STEP_LIMIT
from northstar.benchmarks.bfcl_v3.solver import MORE_FUNCTIONS, ToolConversation
from northstar.core.records import Generation, Row, Turn
from northstar.models.failures import GaveUp, OutOfContext
from northstar.models.tools import Tools
from northstar.reports.answers import Generated, Reason, Tally
from northstar.solvers.row_messages import first_messages
from northstar.task.grader import ComputeError, ComputeLost, SolverContext
from northstar.task.solver import Message

Answer = str | list[tuple[str, Any]] | Generation | Exception
FUNCTION = {"description": "d", "parameters": {"type": "dict", "properties": {}, "required": []}}
ROW: Row = {
    "id": "multi_turn_base_0",
    "category": "multi_turn_base",
    "question": [[{"role": "user", "content": "one"}], [{"role": "user", "content": "two"}]],
    "function": [{"name": "f", **FUNCTION}],
    "initial_config": {},
    "involved_classes": ["C"],
}


class Scripted:
    """A model that says these things: a text, or calls (name, arguments); and tools that tell what was called."""

    def __init__(
        self, answers: Sequence[Answer], system_message: str | None = None, fails: Exception | None = None
    ) -> None:
        self.answers = list(answers)
        self.system_message = system_message
        self.fails = fails
        self.names: list[str] = []
        self.asked: list[list[Message]] = []
        self.tools: list[list[str]] = []
        self.executed: list[Any] = []

    @property
    def solver_context(self) -> SolverContext:
        return SolverContext(compute=self, helper=self)

    def render(self, row: Row) -> list[Message]:
        raise AssertionError

    async def ask(self, messages: list[Message], seed: int | None, tools: Tools | None = None) -> Generation:
        assert seed == 3
        self.asked.append(json.loads(json.dumps(messages)))
        self.tools.append([tool["function"]["name"] for tool in (tools.listed if tools else ())])
        reply = self.answers.pop(0)
        if isinstance(reply, Exception):
            raise reply
        number = float(len(self.asked))
        counts: dict[str, Any] = {"num_prompt_tokens": 10, "num_generated_tokens": 3, "reasoning": "hm"}
        counts |= {"generation_start_time": number, "generation_end_time": number + 0.5}
        if isinstance(reply, Generation):
            return reply
        if isinstance(reply, str):
            return Generation(generation=reply, finish_reason="stop", **counts)
        calls = [
            {"id": f"c{place}", "name": name, "arguments": given if isinstance(given, str) else json.dumps(given)}
            for place, (name, given) in enumerate(reply)
        ]
        return Generation(generation="so:", finish_reason="tool_calls", tool_calls=calls, **counts)

    @property
    def turns(self) -> list[Turn]:
        return []

    @property
    def keep(self) -> Callable[[Turn], None]:
        raise AssertionError

    async def ask_turn(
        self,
        name: str,
        messages: list[Message],
        seed: int | None,
        tools: Tools | None = None,
        most_tokens: int | None = None,
    ) -> Turn:
        assert most_tokens is None
        self.names.append(name)
        return Turn(name=name, **msgspec.structs.asdict(await self.ask(messages, seed, tools)))

    async def call(self, function: str, *arguments: Any, timeout: float) -> Any:
        entry, steps = arguments
        assert (function, sorted(entry)) == (
            "official:execute",
            ["category", "id", "initial_config", "involved_classes"],
        )
        self.executed.append(json.loads(json.dumps(steps)))
        if self.fails:
            raise self.fails
        return [f"{name}: ok" for name, _ in steps[-1]]


def test_the_responses_api_is_handed_back_the_items_of_each_answer_and_a_chat_none() -> None:
    items = [{"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "x"}]
    call = [{"id": "c0", "name": "f", "arguments": "{}"}]
    calling = Generation(generation="", tool_calls=call, output_items=items)
    _, asker = converse(ROW, calling, Generation(generation="done", output_items=items), "two")
    assert [message.get("output_items") for message in asker.asked[-1]] == [None, items, None, items, None]
    _, chat = converse(ROW, [("f", {})], "done", "two")
    assert not any("output_items" in message for message in chat.asked[-1])


def converse(row: Row, *answers: Answer, **options: Any) -> tuple[Generation, Scripted]:
    asker = Scripted(answers, **options)
    return asyncio.run(ToolConversation(most_steps=3)(row, 3, asker)), asker


def test_calls_are_executed_and_their_results_sent_back_until_an_answer_has_none() -> None:
    generation, asker = converse(ROW, [("f", {"a": 1}), ("f", {})], "Done.", "Nothing to do.")
    assert asker.asked[1][1:] == [
        {
            "role": "assistant",
            "content": "so:",
            "tool_calls": [
                {"id": "c0", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}},
                {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}},
            ],
        },
        {"role": "tool", "content": "f: ok", "tool_call_id": "c0"},
        {"role": "tool", "content": "f: ok", "tool_call_id": "c1"},
    ]
    assert asker.asked[2][-2:] == [{"role": "assistant", "content": "Done."}, {"role": "user", "content": "two"}]
    assert [(step.turn, step.results) for step in generation.steps or ()] == [
        (0, ["f: ok", "f: ok"]),
        (0, None),
        (1, None),
    ]
    assert generation.error is None


def test_of_each_step_the_record_holds_all_that_a_report_looks_at() -> None:
    other = Generation(generation="Done.", answered_by="small", system_fingerprint="fp_after")
    unfinished = Generation(generation="", reasoning="hm", reasoning_unfinished=True, finish_reason="length")
    generation, _ = converse(ROW, other, unfinished)
    record = msgspec.json.decode(msgspec.json.encode(generation), type=Generated)
    counted = Tally()
    counted.count(record, calls_count=True)
    assert (counted.answered_by, counted.fingerprints) == ({"small": 1}, {"fp_after": 1})
    assert counted.reasons == {Reason.REASONING_CUT: 1}


def test_of_each_step_the_record_tells_whether_the_end_of_its_reasoning_was_looked_for() -> None:
    endless = Generation(generation="", reasoning="hm", reasoning_unfinished=True, end_not_found=True)
    generation, _ = converse(ROW, endless, endless)
    assert [step.end_not_found for step in generation.steps or ()] == [True, True]


def test_reasoning_is_kept_in_the_record_and_never_sent_back() -> None:
    generation, asker = converse(ROW, [("f", {})], "Done.", "Done.")
    assert [step.reasoning for step in generation.steps or ()] == ["hm"] * 3
    assert "hm" not in json.dumps(asker.asked)


def test_tokens_are_summed_and_the_time_is_that_of_all() -> None:
    generation, _ = converse(ROW, [("f", {})], "Done.", "Done.")
    assert (generation.num_prompt_tokens, generation.num_generated_tokens) == (30, 9)
    assert (generation.generation_start_time, generation.generation_end_time) == (1.0, 3.5)


def test_each_answer_has_a_name_of_its_own_to_be_kept_by_and_the_record_has_none() -> None:
    generation, asker = converse(ROW, [("f", {})], "Done.", "Done.")
    assert asker.names == ["0.0", "0.1", "1.0"]
    assert type(generation) is Generation


def test_each_step_is_executed_after_all_before_it() -> None:
    _, asker = converse(ROW, [("f", {"a": 1})], [("f", {"a": 2})], "Done.", [("f", {"a": 3})], "Done.")
    assert asker.executed[-1] == [[["f", {"a": 1}]], [["f", {"a": 2}]], [["f", {"a": 3}]]]


def test_a_call_that_cannot_be_read_ends_the_turn_and_nothing_of_the_answer_is_executed() -> None:
    generation, asker = converse(ROW, [("f", {}), ("f", '{"a": ')], "Done.")
    assert asker.executed == []
    assert asker.asked[1][-2:] == [{"role": "assistant", "content": "so:"}, {"role": "user", "content": "two"}]
    assert generation.error is None


def test_a_model_that_goes_on_calling_is_stopped() -> None:
    generation, asker = converse(ROW, *[[("f", {})]] * 4)
    assert generation.finish_reason == STEP_LIMIT
    assert (len(asker.asked), len(asker.executed)) == (4, 3)


def test_three_steps_of_calls_and_then_a_text_are_within_the_limit() -> None:
    generation, _ = converse(ROW, *[[("f", {})]] * 3, "Done.", "Done.")
    assert generation.finish_reason == "stop"


def test_held_out_functions_appear_at_their_turn_with_the_official_message() -> None:
    row = {**ROW, "question": [ROW["question"][0], []], "missed_function": {"1": [{"name": "g", **FUNCTION}]}}
    _, asker = converse(row, "I can't.", "Done.")
    assert asker.tools == [["f"], ["f", "g"]]
    assert asker.asked[1][-1] == {"role": "user", "content": MORE_FUNCTIONS}
    assert [function["name"] for function in row["function"]] == ["f"]


def test_out_of_context_in_the_middle_fails_the_entry_and_keeps_what_was_said() -> None:
    generation, _ = converse(ROW, [("f", {})], OutOfContext("too long"))
    assert (generation.error, generation.out_of_context, len(generation.steps or ())) == ("too long", True, 1)


@pytest.mark.parametrize("failure", [OutOfContext("too long"), GaveUp("no answer")])
def test_what_fails_at_the_first_question_is_the_engines(failure: Exception) -> None:
    with pytest.raises(type(failure)):
        converse(ROW, failure)


def test_tools_that_crash_or_hang_fail_the_entry() -> None:
    generation, _ = converse(ROW, [("f", {})], fails=ComputeError("timed out after 10 s"))
    assert generation.error == "the simulated tools gave no result: timed out after 10 s"


def test_tools_that_were_lost_leave_the_entry_open() -> None:
    with pytest.raises(ComputeLost, match="killed"):
        converse(ROW, [("f", {})], fails=ComputeLost("killed"))


def test_results_hold_nothing_that_a_request_cannot_hold() -> None:
    generation, asker = converse(ROW, [("\ud83d", {})], "Done.", "Done.")
    assert asker.asked[1][-1]["content"] == "\ufffd: ok"
    assert generation.steps is not None
    assert generation.steps[0].results == ["\ufffd: ok"]


def test_a_single_question_is_asked_once_with_its_tools() -> None:
    row = {"id": "simple_0", "category": "simple", "question": ROW["question"][:1], "function": ROW["function"]}
    generation, asker = converse(row, [("f", {})])
    assert asker.tools == [["f"]]
    assert (generation.steps, len(generation.tool_calls or ())) == (None, 1)


@pytest.mark.parametrize(
    ("own", "system_message", "sent"),
    [
        (None, None, None),
        (None, "", ""),
        (None, "Be brief.", "Be brief."),
        ("You fly planes.", None, "You fly planes."),
        ("You fly planes.", "", "You fly planes."),
        ("You fly planes.", "Be brief.", "Be brief.\n\nYou fly planes."),
    ],
)
def test_the_users_system_message_stands_before_the_rows_own(
    own: str | None, system_message: str | None, sent: str | None
) -> None:
    user = {"role": "user", "content": "one"}
    question = [user] if own is None else [{"role": "system", "content": own}, user]
    expected = [user] if sent is None else [{"role": "system", "content": sent}, user]
    assert first_messages(question, system_message) == expected
