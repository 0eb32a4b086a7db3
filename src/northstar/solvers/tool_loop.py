"""Asks one question and offers Python: ask, run the model's calls in its interpreter, return the results, ask again."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import msgspec

from northstar.config.settings import PythonToolSettings
from northstar.core.records import Generation, Row, Step, ToolResult, ToolUse, Turn
from northstar.core.text import counted
from northstar.models.failures import OutOfContext
from northstar.models.tools import Tools
from northstar.sandbox.interpreters import Differs, LostInterpreter, Notebook
from northstar.sandbox.program import Limits
from northstar.solvers.exchange import conversation_of, exchanged, step_of
from northstar.task.solver import Asker, Message

NAME = "python"
TOOL_LIMIT = "tool_limit"
"""The finish reason of a sample whose model still called when its calls, or its tokens, were used up."""
NO_CALL_LEFT = "[not run: all {} are used. Give your final answer.]"


@runtime_checkable
class OneQuestion(Protocol):
    """A solver that asks one question a row."""

    def messages(self, row: Row, asker: Asker) -> list[Message]:
        """Return the question."""


def offered(settings: PythonToolSettings) -> Tools:
    """Return the tool as a chat request has it."""
    described = (
        "Run Python code and return what it prints, and the value of its last expression. Variables, functions and "
        "imports are kept from call to call. NumPy, SciPy, SymPy and pandas are installed; there is no network. A call "
        f"takes at most {settings.timeout_seconds:g} seconds."
    )
    code = {"type": "string", "description": "The Python code to run."}
    parameters = {"type": "object", "properties": {"code": code}, "required": ["code"]}
    return Tools([{"type": "function", "function": {"name": NAME, "description": described, "parameters": parameters}}])


@dataclass(frozen=True, slots=True)
class ToolLoop:
    """Asks what `asks` asks, and runs the calls of the answers until one has none.

    Each answer, and the results of its calls, are journaled at once. A resumed sample replays the calls of earlier
    runs before it runs another; where they give other results, the sample begins again.
    """

    asks: OneQuestion
    settings: PythonToolSettings = field(default_factory=PythonToolSettings)

    async def __call__(self, row: Row, seed: int | None, asker: Asker) -> Generation:
        return await _Dialogue(self, row, seed, asker).run()


class _Dialogue:
    """A sample in progress; `_attempt` counts how often it has begun again."""

    def __init__(self, solver: ToolLoop, row: Row, seed: int | None, asker: Asker) -> None:
        self._settings, self._asks = solver.settings, solver.asks
        self._row, self._seed, self._asker = row, seed, asker
        self._tools = offered(solver.settings)
        self._earlier = {turn.name: turn for turn in asker.turns}
        self._attempt = max((int(name.partition(".")[0]) for name in self._earlier), default=0)
        self._notebook: Notebook | None = None

    async def run(self) -> Generation:
        try:
            while True:
                self._begin()
                try:
                    return await self._converse()
                except Differs:
                    assert self._notebook is not None
                    self._notebook.begin_again()
                    self._attempt += 1
                    self._earlier = {}
        finally:
            if self._notebook is not None:
                self._notebook.close()

    def _begin(self) -> None:
        self._answers: list[Turn] = []
        self._steps: list[Step] = []
        self._calls = self._errors = 0

    async def _converse(self) -> Generation:
        messages = self._asks.messages(self._row, self._asker)
        while True:
            tokens_left = self._tokens_left()
            if tokens_left is not None and tokens_left <= 0:
                return self._generation(finish_reason=TOOL_LIMIT)
            name = f"{self._attempt}.{len(self._answers)}"
            try:
                answer = await self._asker.ask_turn(name, messages, self._seed, self._tools, tokens_left)
            except OutOfContext as failure:
                if not self._answers:
                    raise
                return self._generation(error=str(failure), out_of_context=True, finish_reason="error")
            was_spent = self._calls >= self._settings.calls
            self._answers.append(answer)
            if answer.error is not None or not answer.tool_calls or was_spent:
                self._steps.append(step_of(0, answer))
                ending = {"finish_reason": TOOL_LIMIT} if answer.tool_calls and answer.error is None else {}
                return self._generation(**ending)
            results = await self._results(name, answer.tool_calls)
            texts = [result.text for result in results]
            errors = [result.error for result in results]
            self._steps.append(step_of(0, answer, texts, errors if any(errors) else None))
            messages += exchanged(answer, texts)

    def _tokens_left(self) -> int | None:
        if self._settings.tokens is None:
            return None
        return self._settings.tokens - sum(answer.num_generated_tokens or 0 for answer in self._answers)

    async def _results(self, name: str, calls: Sequence[Mapping[str, Any]]) -> list[ToolResult]:
        """Return the results of an answer's calls: those that are journaled already, then those of the others."""
        results: list[ToolResult] = []
        for number, call in enumerate(calls):
            kept = self._earlier.get(f"{name}.{number}")
            code = code_of(call)
            if isinstance(code, ToolResult):
                result = code
                self._calls += 1
                self._errors += 1
            elif self._calls >= self._settings.calls:
                result = ToolResult(text=NO_CALL_LEFT.format(counted(self._settings.calls, "call")))
            else:
                result = await self._run(f"{name}.{number}", code, kept)
                self._calls += 1
                self._errors += bool(result.error)
            results.append(result)
        return results

    async def _run(self, name: str, code: str, kept: Turn | None) -> ToolResult:
        notebook = self._notebook = self._notebook or self._open()
        if kept is not None and kept.results:
            notebook.recall(code, kept.results[0])
            return kept.results[0]
        try:
            result = await notebook.run(code)
        except LostInterpreter as loss:
            raise self._asker.solver_context.lost(str(loss)) from None
        answer = self._answers[-1]
        self._asker.keep(
            Turn(
                name=name,
                generation="",
                results=[result],
                generation_start_time=answer.generation_start_time,
                generation_end_time=answer.generation_end_time,
            )
        )
        return result

    def _open(self) -> Notebook:
        interpreters = self._asker.solver_context.interpreters
        assert interpreters is not None
        settings = self._settings
        limits = Limits(
            cpu_seconds=settings.timeout_seconds,
            wall_seconds=2 * settings.timeout_seconds,
            memory_bytes=int(settings.memory_gigabytes * (1 << 30)),
        )
        of_sample = zlib.crc32(f"{self._row.get('id')} {self._seed}".encode())
        return interpreters.open(of_sample, limits, settings.output_characters)

    def _generation(self, **ending: Any) -> Generation:
        use = ToolUse(calls=self._calls, errors=self._errors, begun_again=self._attempt)
        return msgspec.structs.replace(conversation_of(self._answers, self._steps, **ending), tool_use=use)


def code_of(call: Mapping[str, Any]) -> str | ToolResult:
    """Return a call's code, or the result of a call that has none.

    >>> code_of({"name": "python", "arguments": '{"code": "1 + 1"}'})
    '1 + 1'
    """
    if call.get("name") != NAME:
        return _malformed(f"there is no tool '{str(call.get('name'))[:100]}', only '{NAME}'")
    given = call.get("arguments")
    try:
        arguments = json.loads(given, strict=False) if isinstance(given, str) else given
        if isinstance(arguments, str):  # encoded twice
            arguments = json.loads(arguments, strict=False)
    except (ValueError, RecursionError):
        arguments = None
    code = arguments.get("code") if isinstance(arguments, dict) else None
    if not isinstance(code, str):
        return _malformed('the arguments must be JSON like {"code": "print(1)"}')
    return code


def _malformed(why: str) -> ToolResult:
    return ToolResult(text=f"[not run: {why}]", error=why)
