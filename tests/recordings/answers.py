"""How the mock servers of the recordings answer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.mock_server import FAULTS, Behaviour, boxed
from tests.mock_server.behaviour import chosen, judgement


def _solved(message: str, seed: int | None) -> str:
    """The right number in 7 of 10 cases; where letters can be chosen, one of them."""
    return chosen(message, seed) if "A) " in message else boxed(message[-40:], seed)


def _programmed(message: str, seed: int | None) -> str:
    """A program that doubles a number: wrong for other problems, one of which makes it fail."""
    code = "print([][int(input())])" if "tripled" in message else "print(int(input()) * 2)"
    return f"Like so:\n```python\n{code}\n```"


def _called(messages: list[dict[str, Any]], tools: list[dict[str, Any]]) -> dict[str, Any]:
    """A call, whatever is asked."""
    call = {"id": "1", "type": "function", "function": {"name": "weather_now", "arguments": '{"city": "Oslo"}'}}
    return {"role": "assistant", "content": "", "tool_calls": [call]}


PLAIN = Behaviour(tokens=5)
SUMS = Behaviour(tokens=5, answer=_solved)
PROGRAMS = Behaviour(tokens=5, answer=_programmed)
CALLS = Behaviour(tokens=5, reply=_called)
JUDGE = Behaviour(tokens=5, answer=judgement(), models=("o3-mini-20250131", "other"))


def stopping_after(answers: int, behaviour: Behaviour) -> Behaviour:
    """The same, which refuses every key after so many answers."""
    return replace(behaviour, first=(None,) * answers, always=FAULTS["401"])
