"""Conducts BFCL's conversations: ask, execute the model's calls, return the results, go on to the next turn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from northstar.benchmarks.bfcl_v3.calls import STEP_LIMIT, Call, ask_official, decoded, entry_of
from northstar.benchmarks.bfcl_v3.tools import offered
from northstar.core.records import Generation, Row, Step, Turn
from northstar.core.text import storable
from northstar.models.failures import OutOfContext
from northstar.solvers.exchange import conversation_of, exchanged, said, step_of
from northstar.solvers.row_messages import first_messages
from northstar.task.grader import ComputeError
from northstar.task.solver import Asker, Message

MORE_FUNCTIONS = "I have updated some more functions you can choose from. What about now?"
"""The user's message when held-out functions appear (bfcl_eval/constants/default_prompts.py)."""


@dataclass(frozen=True, slots=True)
class ToolConversation:
    """Asks one question, or holds a conversation with simulated tools, as base_handler.py of bfcl_eval does.

    An entry whose calls crash, exceed the tools' time or the context gets an error; one whose tools are lost stays
    open.

    Args:
        most_steps: Answers with calls allowed per turn; one more fails the entry.
        timeout_seconds: Time limit for the calls of one answer.
    """

    most_steps: int = 20
    timeout_seconds: float = 10.0

    async def __call__(self, row: Row, seed: int | None, asker: Asker) -> Generation:
        if "involved_classes" in row:
            return await _Dialogue(self, row, seed, asker).run()
        messages = first_messages(row["question"][0], asker.system_message)
        return await asker.ask(messages, seed, offered(row["function"], row["category"]))


class _Dialogue:
    """An entry with several turns in progress.

    Answers are journaled, results are not: a resumed run executes earlier calls again.
    """

    def __init__(self, solver: ToolConversation, row: Row, seed: int | None, asker: Asker) -> None:
        self._solver, self._row, self._seed, self._asker = solver, row, seed, asker
        self._functions = list(row["function"])
        self._tools = offered(self._functions, row["category"])
        self._messages: list[Message] = []
        self._executed: list[list[Call]] = []
        self._answers: list[Turn] = []
        self._steps: list[Step] = []

    async def run(self) -> Generation:
        for turn, question in enumerate(self._row["question"]):
            self._begin(turn, question)
            ending = await self._turn(turn)
            if ending is not None:
                return self._generation(**ending)
        return self._generation()

    def _begin(self, turn: int, question: list[Message]) -> None:
        if (appearing := self._row.get("missed_function", {}).get(str(turn))) is not None:
            self._functions += appearing
            self._tools = offered(self._functions, self._row["category"])
            question = [{"role": "user", "content": MORE_FUNCTIONS}]
        self._messages += first_messages(question, self._asker.system_message) if turn == 0 else question

    async def _turn(self, turn: int) -> dict[str, Any] | None:
        """Ask until an answer has no readable calls; return what ends the whole entry, if anything."""
        for step in range(self._solver.most_steps + 1):
            try:
                answer = await self._asker.ask_turn(f"{turn}.{step}", self._messages, self._seed, self._tools)
            except OutOfContext as failure:
                if not self._answers:
                    raise
                return {"error": str(failure), "out_of_context": True, "finish_reason": "error"}
            self._answers.append(answer)
            calls = decoded(answer.tool_calls)
            if answer.error is not None or not calls or step == self._solver.most_steps:
                self._steps.append(step_of(turn, answer))
                self._messages.append(said(answer))
                if answer.error is not None:
                    return {"error": answer.error, "out_of_context": answer.out_of_context}
                return {"finish_reason": STEP_LIMIT} if calls else None
            try:
                results = await self._execute(calls)
            except ComputeError as failure:
                self._steps.append(step_of(turn, answer))
                return {"error": f"the simulated tools gave no result: {failure}", "finish_reason": "error"}
            self._steps.append(step_of(turn, answer, results))
            self._messages += exchanged(answer, results)
        return None

    async def _execute(self, calls: list[Call]) -> list[str]:
        self._executed.append(calls)
        questions = (entry_of(self._row), self._executed)
        results: list[str] = await ask_official(
            self._asker.solver_context, "execute", *questions, timeout=self._solver.timeout_seconds
        )
        return [storable(result) for result in results]

    def _generation(self, **ending: Any) -> Generation:
        """Return the last answer with the steps, tokens and times of all answers."""
        return conversation_of(self._answers, self._steps, **ending)
