"""What a run spends while it goes on."""

from __future__ import annotations

from northstar.core.records import Generation, ToolResult, Turn
from northstar.engine.counters import RunCounters

TURN = Turn(name="0.0", generation="", num_prompt_tokens=10, num_generated_tokens=5, generation_start_time=1.0)
CALL = Turn(name="0.0.0", generation="", results=[ToolResult(text="42")], generation_start_time=1.0)
WHOLE = Generation(generation="", num_prompt_tokens=30, num_generated_tokens=12, generation_start_time=1.0)


def test_an_answer_of_a_conversation_counts_when_it_comes() -> None:
    counters = RunCounters()
    counters.count_turn(TURN)
    assert counters.spending.tokens == 15


def test_the_result_of_a_tool_is_no_answer_without_tokens() -> None:
    counters = RunCounters()
    counters.count_turn(CALL)
    assert (counters.spending.tokens, counters.spending.untold) == (0, False)


def test_a_conversation_counts_its_turns_once() -> None:
    counters = RunCounters()
    counters.count_turn(TURN)
    counters.count_generation(WHOLE, [TURN, CALL])
    assert counters.spending.tokens == 42
