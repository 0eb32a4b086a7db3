"""What a solver is given: one benchmark's prompt and settings, and one conversation with the model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from northstar.config.settings import EvalSettings
from northstar.errors import NorthstarError
from northstar.graders.grader import Workbench
from northstar.models.chat_template import TemplateTooCostly, prompt_for
from northstar.models.client import Answer, Conversation
from northstar.models.failures import OutOfContext
from northstar.models.finish_reasons import Meaning, meaning_of
from northstar.models.reasoning import part_reasoning
from northstar.models.request import chat_body, text_body
from northstar.models.tool_parsers.parser import ToolParser, find_tool_parser, numbered
from northstar.models.tools import Tools
from northstar.prompts.prompt import Prompt
from northstar.records import Generation, Row, Turn
from northstar.solvers.solver import Message


def _keep_nothing(turn: Turn) -> None:
    del turn


@dataclass(frozen=True, slots=True)
class ModelAsker:
    """Implements solvers.solver.Asker for one sample of a benchmark.

    turns: what an earlier run of the sample has kept; keep: writes one more into the journal. row_id: for errors.
    """

    prompt: Prompt
    settings: EvalSettings
    conversation: Conversation
    workbench: Workbench
    turns: Sequence[Turn] = ()
    keep: Callable[[Turn], None] = _keep_nothing
    row_id: object = None

    @property
    def system_message(self) -> str | None:
        return self.settings.system_message

    def render(self, row: Row) -> list[Message]:
        return list(self.prompt.messages(row, self.settings.system_message))

    async def ask(self, messages: list[Message], seed: int | None, tools: Tools | None = None) -> Generation:
        body = await self._body(messages, seed, tools)
        if tools is None or not self.settings.use_client_parsing:
            return await self._ask(body)
        parser = find_tool_parser(self.settings.tool_parser, self.conversation.endpoint.model)
        marks = {"skip_special_tokens": False} if parser.special_tokens else {}
        return _with_calls(await self._ask(marks | body), parser)

    async def ask_turn(self, name: str, messages: list[Message], seed: int | None, tools: Tools | None = None) -> Turn:
        turn = next((kept for kept in self.turns if kept.name == name), None)
        if turn is None:
            turn = Turn(name=name, **msgspec.structs.asdict(await self.ask(messages, seed, tools)))
            self.keep(turn)
        return turn

    async def _ask(self, body: dict[str, Any]) -> Generation:
        reducing = self.settings.context_overflow == "reduce_generation"
        wanted = self.settings.inference.tokens_to_generate
        length = self.conversation.endpoint.context_length
        if reducing and wanted is not None and length is not None and wanted >= length:
            return await self._ask_for_what_fits(body, None)
        try:
            answer = await self.conversation.ask(body)
        except OutOfContext as failure:
            if not reducing or wanted is None:
                raise
            return await self._ask_for_what_fits(body, failure)
        return self._told_if_cut(generation_of(answer, self.settings), wanted)

    async def _body(self, messages: list[Message], seed: int | None, tools: Tools | None) -> dict[str, Any]:
        settings, model = self.settings, self.conversation.endpoint.model
        if settings.inference.endpoint_type == "chat":
            return chat_body(model, messages, settings.inference, seed, settings.chat_template_kwargs, tools)
        apply = settings.inference.apply_chat_template
        try:
            prompt = await prompt_for(self.conversation, messages, apply, settings.chat_template_kwargs, tools)
        except TemplateTooCostly as failure:
            leave = "++use_client_parsing=False" if tools else "++inference.endpoint_type=chat"
            raise NorthstarError(
                f"{failure} (row {self.row_id!r}). Mend it, or leave it to the server: {leave}."
            ) from None
        return text_body(model, prompt, settings.inference, seed)

    async def _ask_for_what_fits(self, body: dict[str, Any], failure: OutOfContext | None) -> Generation:
        """Find out how long the prompt is, by asking for one token, and ask for as many as are left."""
        one = (await self.conversation.ask(body | {"max_tokens": 1})).completion
        length = self.conversation.endpoint.context_length or (failure.context_length if failure else None)
        if length is None or one.prompt_tokens is None or one.prompt_tokens >= length:
            raise failure or OutOfContext(f"the prompt fills the model's context of {length} tokens")
        room = length - one.prompt_tokens
        if failure is not None and room >= body["max_tokens"]:
            raise failure  # it was about something else
        answer = await self.conversation.ask(body | {"max_tokens": room})
        return msgspec.structs.replace(generation_of(answer, self.settings), reduced_to=room)

    def _told_if_cut(self, generation: Generation, wanted: int | None) -> Generation:
        """Some servers shorten an answer to the context without a word. By default that is an error, text or no."""
        length = self.conversation.endpoint.context_length
        prompt, answered = generation.num_prompt_tokens, generation.num_generated_tokens
        if meaning_of(generation.finish_reason) is not Meaning.CUT_OFF or None in (wanted, length, prompt, answered):
            return generation
        assert wanted is not None
        assert length is not None
        assert prompt is not None
        assert answered is not None
        if answered >= wanted or prompt + answered < length - 1:
            return generation
        if self.settings.context_overflow == "reduce_generation":
            return msgspec.structs.replace(generation, reduced_to=answered)
        error = (
            f"cut at the end of the model's context of {length} tokens: the prompt has {prompt}, of the {wanted} to "
            f"generate {answered} were left (++context_overflow=reduce_generation takes such answers as they are)"
        )
        return msgspec.structs.replace(generation, error=error, out_of_context=True)


def _with_calls(generation: Generation, parser: ToolParser) -> Generation:
    """The generation with the calls that stand in its text."""
    parsed = parser.parse(generation.generation)
    calls = numbered(parsed.calls)
    return msgspec.structs.replace(generation, generation=parsed.text, tool_calls=calls or None)


def generation_of(answer: Answer, settings: EvalSettings) -> Generation:
    """The record of an answer: reasoning told apart, tokens and times noted."""
    completion = answer.completion
    parted = part_reasoning(
        completion.text,
        completion.reasoning,
        parse=settings.parse_reasoning,
        end=settings.end_reasoning_string,
    )
    return Generation(
        generation=parted.answer,
        reasoning=parted.reasoning,
        reasoning_unfinished=parted.unfinished and not completion.tool_calls,
        finish_reason=completion.finish_reason,
        num_generated_tokens=completion.completion_tokens,
        num_prompt_tokens=completion.prompt_tokens,
        generation_start_time=answer.started,
        generation_end_time=answer.ended,
        tool_calls=completion.tool_calls,
    )
