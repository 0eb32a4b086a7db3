"""Python as a tool: what is asked, run, told and kept, with real interpreters and a scripted model."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import pytest

from northstar.config.settings import PythonToolSettings
from northstar.core.records import Generation, Row, ToolResult, ToolUse, Turn
from northstar.models.failures import OutOfContext
from northstar.models.tools import Tools
from northstar.sandbox.interpreters import Interpreters
from northstar.sandbox.tiers import Tier, choose
from northstar.solvers.single_turn import SingleTurn
from northstar.solvers.tool_loop import TOOL_LIMIT, ToolLoop, code_of
from northstar.task.grader import ComputeError, SolverContext
from northstar.task.solver import Message

Answer = str | list[str] | list[tuple[str, str]] | Exception
"""A text, the codes of calls of Python, calls of whatever name and arguments, or a failure."""
_tiers: list[Tier] = []


class Nothing:
    """Computes nothing: the loop needs interpreters alone."""

    async def call(self, function: str, *arguments: Any, timeout: float) -> Any:
        raise ComputeError(function, arguments, timeout)


class Scripted:
    """A model that gives these answers, each of three tokens, and a journal that keeps turns."""

    system_message: str | None = None

    def __init__(self, interpreters: Interpreters, answers: Sequence[Answer], turns: Sequence[Turn] = ()) -> None:
        self.solver_context = SolverContext(compute=Nothing(), interpreters=interpreters)
        self.answers, self.turns = list(answers), list(turns)
        self.asked: list[list[Message]] = []
        self.most_tokens: list[int | None] = []
        self.kept: list[Turn] = list(turns)

    @property
    def keep(self) -> Callable[[Turn], None]:
        return self.kept.append

    def render(self, row: Row) -> list[Message]:
        return [{"role": "user", "content": row["problem"]}]

    async def ask(self, messages: list[Message], seed: int | None, tools: Tools | None = None) -> Generation:
        assert (seed, [tool["function"]["name"] for tool in (tools.listed if tools else ())]) == (3, ["python"])
        self.asked.append(json.loads(json.dumps(messages)))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        number = float(len(self.asked))
        times: dict[str, Any] = {"generation_start_time": number, "generation_end_time": number + 0.5}
        if isinstance(answer, str):
            return Generation(generation=answer, finish_reason="stop", num_generated_tokens=3, **times)
        calls = [each if isinstance(each, tuple) else ("python", json.dumps({"code": each})) for each in answer]
        made = [{"id": f"c{place}", "name": name, "arguments": given} for place, (name, given) in enumerate(calls)]
        return Generation(generation="", finish_reason="tool_calls", num_generated_tokens=3, tool_calls=made, **times)

    async def ask_turn(
        self,
        name: str,
        messages: list[Message],
        seed: int | None,
        tools: Tools | None = None,
        most_tokens: int | None = None,
    ) -> Turn:
        if (kept := next((turn for turn in self.turns if turn.name == name), None)) is not None:
            return kept
        self.most_tokens.append(most_tokens)
        turn = Turn(name=name, **msgspec.structs.asdict(await self.ask(messages, seed, tools)))
        self.keep(turn)
        return turn


def solve(
    *answers: Answer, turns: Sequence[Turn] = (), most_alive: int = 8, **limits: Any
) -> tuple[Generation, Scripted]:
    async def within() -> tuple[Generation, Scripted]:
        if not _tiers:
            _tiers.append(await choose("auto"))
        tier = _tiers[0]
        async with Interpreters(tier.name, 2, tier.interpreter, modules=(), most_alive=most_alive) as interpreters:
            asker = Scripted(interpreters, answers, turns)
            loop = ToolLoop(SingleTurn(), PythonToolSettings(**limits))
            return await loop({"id": "a", "problem": "2 + 2?"}, 3, asker), asker

    return asyncio.run(within())


def shown(generation: Generation) -> list[list[str] | None]:
    return [step.results for step in generation.steps or ()]


def test_calls_are_run_and_their_results_sent_back_until_an_answer_has_none() -> None:
    generation, asker = solve(["x = 2 + 2", "x"], ["x * 10"], "It is 40.")
    assert asker.asked[1][1:] == [
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [
                {"id": "c0", "type": "function", "function": {"name": "python", "arguments": '{"code": "x = 2 + 2"}'}},
                {"id": "c1", "type": "function", "function": {"name": "python", "arguments": '{"code": "x"}'}},
            ],
        },
        {"role": "tool", "content": "[no output]", "tool_call_id": "c0"},
        {"role": "tool", "content": "4", "tool_call_id": "c1"},
    ]
    assert shown(generation) == [["[no output]", "4"], ["40"], None]
    assert (generation.generation, generation.finish_reason, generation.tool_calls) == ("It is 40.", "stop", None)
    assert (generation.num_generated_tokens, generation.generation_start_time) == (9, 1.0)
    assert generation.tool_use == ToolUse(calls=3, errors=0, begun_again=0)


def test_a_sample_that_calls_nothing_starts_no_interpreter() -> None:
    generation, asker = solve("4")
    assert (generation.generation, generation.tool_use) == ("4", ToolUse())
    assert asker.solver_context.interpreters is not None
    assert asker.solver_context.interpreters.alive == 0


def test_errors_are_told_to_the_model_and_counted() -> None:
    generation, _ = solve(["1 / 0"], [("pyhton", "{}")], [("python", "1 + 1")], [("python", '{"cod": "1"}')], "?")
    assert generation.steps is not None
    assert generation.steps[0].errors == ["ZeroDivisionError: division by zero"]
    assert shown(generation)[1:4] == [
        ["[not run: there is no tool 'pyhton', only 'python']"],
        ['[not run: the arguments must be JSON like {"code": "print(1)"}]'],
        ['[not run: the arguments must be JSON like {"code": "print(1)"}]'],
    ]
    assert generation.tool_use == ToolUse(calls=4, errors=4, begun_again=0)


@pytest.mark.parametrize(
    "arguments", ['{"code": "1\n2"}', json.dumps('{"code": "1\\n2"}'), '{"code": "1\\n2", "timeout": 5}']
)
def test_code_is_read_however_a_model_encodes_it(arguments: str) -> None:
    assert code_of({"name": "python", "arguments": arguments}) == "1\n2"


@pytest.mark.parametrize("call", [["n = 1"], [("python", "no JSON")]])
def test_a_model_that_never_stops_calling_is_told_so_once_and_then_ended(call: Answer) -> None:
    generation, asker = solve(call, call, call, call, calls=2)
    assert len(asker.asked) == 3
    assert (generation.finish_reason, generation.error) == (TOOL_LIMIT, None)
    assert generation.tool_use is not None
    assert generation.tool_use.calls == 2


def test_calls_beyond_the_limit_are_not_run() -> None:
    generation, _ = solve(["1", "2", "3"], "Done.", calls=2)
    assert shown(generation) == [["1", "2", "[not run: all 2 calls are used. Give your final answer.]"], None]
    assert generation.generation == "Done."


def test_all_answers_of_a_sample_share_its_tokens() -> None:
    generation, asker = solve(["1"], ["2"], ["3"], tokens=6)
    assert asker.most_tokens == [6, 3]
    assert (generation.finish_reason, generation.num_generated_tokens) == (TOOL_LIMIT, 6)


def test_a_conversation_that_exceeds_the_context_keeps_its_steps() -> None:
    generation, _ = solve(["1"], OutOfContext("too long"))
    assert (generation.error, generation.out_of_context, shown(generation)) == ("too long", True, [["1"]])


# Going on after a kill.


def test_each_answer_and_each_result_is_kept_at_once() -> None:
    _, asker = solve(["x = 1", "x"], "1")
    assert [(turn.name, turn.results) for turn in asker.kept] == [
        ("0.0", None),
        ("0.0.0", [ToolResult(text="[no output]")]),
        ("0.0.1", [ToolResult(text="1")]),
        ("0.1", None),
    ]


@pytest.mark.parametrize("kept", range(1, 5))
def test_a_sample_that_was_cut_off_anywhere_goes_on_to_the_same_record(kept: int) -> None:
    whole, first = solve(["x = 1", "x"], ["x + 1"], "2")
    answers: list[Answer] = [["x = 1", "x"], ["x + 1"], "2"]
    asked_before = sum(turn.results is None for turn in first.kept[:kept])
    again, second = solve(*answers[asked_before:], turns=first.kept[:kept])
    assert len(second.asked) == 3 - asked_before
    assert (shown(again), again.tool_use) == (shown(whole), whole.tool_use)
    assert [turn.name for turn in second.kept] == [turn.name for turn in first.kept]


def test_a_sample_whose_calls_give_other_results_begins_again_and_says_so() -> None:
    _, first = solve(["import time\nt = time.time_ns()\nt"], ["t"], "Now.")
    generation, second = solve(["t"], ["t = 1\nt"], ["t + 1"], "2", turns=first.kept[:2])
    assert shown(generation) == [["1"], ["2"], None]
    assert generation.tool_use == ToolUse(calls=2, errors=0, begun_again=1)
    assert [turn.name for turn in second.kept[2:]] == ["0.1", "1.0", "1.0.0", "1.1", "1.1.0", "1.2"]


def test_a_sample_that_began_again_goes_on_where_it_then_was() -> None:
    turns = [
        Turn(name="0.0", generation="", tool_calls=[{"id": "1", "name": "python", "arguments": '{"code": "0"}'}]),
        Turn(name="0.0.0", generation="", results=[ToolResult(text="another")]),
        Turn(name="1.0", generation="", tool_calls=[{"id": "1", "name": "python", "arguments": '{"code": "5"}'}]),
        Turn(name="1.0.0", generation="", results=[ToolResult(text="5")]),
    ]
    generation, _ = solve("5!", turns=turns)
    assert (generation.generation, shown(generation)) == ("5!", [["5"], None])
    assert generation.tool_use == ToolUse(calls=1, errors=0, begun_again=1)
