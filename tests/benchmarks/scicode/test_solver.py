"""Steps are asked one after the other, each with the code of those before it."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import msgspec
import pytest

from northstar.benchmarks.scicode.solver import StepAfterStep
from northstar.core.records import Generation, Row, Turn
from northstar.models.failures import OutOfContext
from northstar.task.solver import Message

ROW: Row = {
    "id": "7",
    "dependencies": "import numpy as np",
    "sub_steps": [{"step": "7.1"}, {"step": "7.2", "given": "def given(): ..."}, {"step": "7.3"}],
}


class Asker:
    """Answers with what it is told, by step; remembers what was asked, and under which names."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers = answers
        self.asked: list[tuple[str, list[str]]] = []
        self.names: list[str] = []

    def render(self, row: Row) -> list[Message]:
        self.asked.append((row["sub_steps"][row["current"]]["step"], list(row["codes"])))
        return [{"role": "user", "content": self.asked[-1][0]}]

    async def ask_turn(self, name: str, messages: list[Message], seed: int | None) -> Turn:
        answer = self.answers[messages[0]["content"]]
        if isinstance(answer, Exception):
            raise answer
        self.names.append(name)
        generation = answer if isinstance(answer, Generation) else generated(answer)
        return Turn(name=name, **msgspec.structs.asdict(generation))


def generated(text: str) -> Generation:
    return Generation(generation=text, num_generated_tokens=10, generation_start_time=1.0, generation_end_time=2.0)


def solve(asker: Asker) -> Generation:
    return asyncio.run(StepAfterStep()(ROW, 0, cast(Any, asker)))


def test_code_is_carried_on_and_given_steps_are_not_asked() -> None:
    asker = Asker({"7.1": "```\ndef one(): ...\n```", "7.3": "```\ndef three(): ...\n```"})
    generation = solve(asker)
    assert asker.asked == [("7.1", []), ("7.3", ["def one(): ...\n", "def given(): ..."])]
    assert generation.generation == "import numpy as np\n\ndef one(): ...\n\n\ndef given(): ...\n\ndef three(): ...\n"
    assert [turn.name for turn in generation.turns or ()] == asker.names == ["7.1", "7.3"]
    assert generation.num_generated_tokens == 20


def test_a_step_without_code_is_carried_on_as_nothing() -> None:
    asker = Asker({"7.1": "I can't.", "7.3": "```\nx\n```"})
    solve(asker)
    assert asker.asked[1] == ("7.3", ["", "def given(): ..."])


def test_an_answer_that_is_cut_at_the_context_ends_the_row() -> None:
    cut = Generation(generation="```\nhalf", error="cut at the end of the context", out_of_context=True)
    generation = solve(Asker({"7.1": cut}))
    assert (generation.error, generation.out_of_context) == ("cut at the end of the context (at step 7.1)", True)
    assert len(generation.turns or ()) == 1


def test_a_refusal_is_not_the_solvers_to_judge() -> None:
    asker = Asker({"7.1": "```\nx\n```", "7.3": OutOfContext("too long")})
    with pytest.raises(OutOfContext):
        solve(asker)
    assert asker.names == ["7.1"]
