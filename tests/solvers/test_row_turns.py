"""Rows of a user's file: what is asked of each form, and which rows can't be asked."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from northstar.core.records import Generation, Row, Turn
from northstar.solvers.row_turns import RowTurns
from northstar.task.solver import Asker, Message


class Echo:
    """An asker that answers each question with its last message, and keeps what it was asked."""

    def __init__(self, system_message: str | None = None, error_at: str = "") -> None:
        self.asked: list[list[Message]] = []
        self.system_message = system_message
        self._error_at = error_at

    def render(self, row: Row) -> list[Message]:
        return [{"role": "system", "content": "S"}, {"role": "user", "content": f"Q: {row['q']}"}]

    async def ask(self, messages: list[Message], seed: int | None, tools: object = None) -> Generation:
        del seed, tools
        self.asked.append(messages)
        return Generation(generation=f"re {messages[-1]['content']}", num_generated_tokens=2, num_prompt_tokens=3)

    async def ask_turn(self, name: str, messages: list[Message], seed: int | None, tools: object = None) -> Turn:
        said = await self.ask(messages, seed, tools)
        error = "too long" if name == self._error_at else None
        return Turn(name=name, generation=said.generation, num_generated_tokens=2, num_prompt_tokens=3, error=error)


def ask(solver: RowTurns, row: Row, echo: Echo) -> Generation:
    asker: Any = echo
    checked: Asker = asker
    return asyncio.run(solver(row, 0, checked))


def test_a_prompt_file_is_rendered_over_the_row() -> None:
    assert ask(RowTurns(), {"q": "1+1"}, Echo()).generation == "re Q: 1+1"


def test_messages_are_sent_as_they_are() -> None:
    echo, messages = (
        Echo(),
        [{"role": "system", "content": "be brief"}, {"role": "user", "content": [{"type": "text"}]}],
    )
    ask(RowTurns("messages", "messages"), {"messages": messages}, echo)
    assert echo.asked == [messages]


def test_a_text_is_the_users_message_after_the_system_message_that_was_given() -> None:
    echo = Echo(system_message="S")
    ask(RowTurns("text", "prompt"), {"prompt": "hi"}, echo)
    assert echo.asked == [[{"role": "system", "content": "S"}, {"role": "user", "content": "hi"}]]


def test_each_turn_follows_the_answers_to_those_before() -> None:
    echo = Echo()
    found = ask(RowTurns("text", turns="turns"), {"turns": ["one", "two"]}, echo)
    assert [[each["content"] for each in asked] for asked in echo.asked] == [["one"], ["one", "re one", "two"]]
    assert (found.generation, found.num_generated_tokens, found.num_prompt_tokens) == ("re two", 4, 6)
    assert [turn.generation for turn in found.turns or ()] == ["re one", "re two"]


def test_turns_of_fields_are_rendered_with_those_of_the_row_and_one_system_message() -> None:
    echo = Echo()
    ask(RowTurns(turns="turns"), {"turns": [{"q": "one"}, {"q": "two"}]}, echo)
    assert [each["content"] for each in echo.asked[1]] == ["S", "Q: one", "re Q: one", "Q: two"]


def test_a_turn_without_an_answer_ends_the_row() -> None:
    found = ask(RowTurns("text", turns="turns"), {"turns": ["one", "two"]}, Echo(error_at="turn 1"))
    assert (found.error, len(found.turns or ())) == ("too long (at turn 1)", 1)


@pytest.mark.parametrize(
    ("solver", "row", "fault"),
    [
        (RowTurns("text", "prompt"), {"id": 1}, "its 'prompt' must be a text; it has no such field (it has id)"),
        (RowTurns("text", "prompt"), {"prompt": " "}, "its 'prompt' must be a text"),
        (RowTurns("messages", "messages"), {"messages": []}, "its 'messages' must be a list of messages"),
        (
            RowTurns("messages", "messages"),
            {"messages": [{"role": "human", "content": "x"}]},
            "message 1 of its 'messages' needs a role, one of system, developer, user, assistant, tool",
        ),
        (
            RowTurns("messages", "messages"),
            {"messages": [{"role": "user"}]},
            "message 1 of its 'messages' needs a 'content': a text, or a list of parts",
        ),
        (RowTurns("text", turns="t"), {"t": [""]}, "its 't' must be a list of texts, the user's turns"),
        (RowTurns(turns="t"), {"t": ["x"]}, "its 't' must be a list of objects of fields, the user's turns"),
        (RowTurns(), {}, ""),
        (RowTurns("messages", "messages"), {"messages": [{"role": "user", "content": "x"}]}, ""),
    ],
)
def test_a_row_that_cannot_be_asked_is_told_why(solver: RowTurns, row: Row, fault: str) -> None:
    assert solver.fault(row) == fault
