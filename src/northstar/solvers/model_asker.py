"""Implements the solvers' Asker: one benchmark's prompt and settings, and one conversation with the model."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from northstar.config.settings import EvalSettings
from northstar.core.errors import NorthstarError
from northstar.core.records import Generation, Row, Turn
from northstar.models.conversation import Answer, Conversation
from northstar.models.failures import OutOfContext
from northstar.models.reply.finish_reasons import Meaning, meaning_of
from northstar.models.reply.reasoning import Tag, ends_unopened, part_reasoning
from northstar.models.reply.response import UNSAID, Origin
from northstar.models.request import chat_body, text_body
from northstar.models.responses.items import without_items
from northstar.models.responses.request import LEAST_TOKENS, LIMIT, responses_body
from northstar.models.sampling_words import OF_LLAMA_CPP
from northstar.models.templates.chat_template import TemplateTooCostly, prompt_for
from northstar.models.templates.opened_reasoning import OpenedReasoning
from northstar.models.templates.shown_tags import SKIP, without_endings
from northstar.models.tool_parsers.parser import ToolParser, find_tool_parser, numbered
from northstar.models.tools import Tools
from northstar.prompts.prompt import Prompt
from northstar.task.grader import SolverContext
from northstar.task.solver import Message


def _keep_nothing(turn: Turn) -> None:
    del turn


async def _as_first(origin: Origin) -> Origin:
    del origin
    return UNSAID


@dataclass(frozen=True, slots=True)
class ModelAsker:
    """Implements task.solver.Asker for one sample of a benchmark.

    Attributes:
        turns: The turns that an earlier run has journaled.
        keep: Journals a turn.
        opened: Finds out whether a prompt opens a reasoning; shared by all samples of the benchmark.
        row_id: The row's id, for errors.
        differing: Returns what differs between an answer's origin and the first one of the results.
        first: A row with its messages, where they are rendered already.
    """

    prompt: Prompt
    settings: EvalSettings
    conversation: Conversation
    solver_context: SolverContext
    turns: Sequence[Turn] = ()
    keep: Callable[[Turn], None] = _keep_nothing
    opened: OpenedReasoning = field(default_factory=OpenedReasoning)
    row_id: object = None
    differing: Callable[[Origin], Awaitable[Origin]] = _as_first
    first: tuple[Row, list[Message]] | None = None

    @property
    def system_message(self) -> str | None:
        return self.settings.system_message

    def render(self, row: Row) -> list[Message]:
        if self.first is not None and self.first[0] is row:
            return list(self.first[1])
        return list(self.prompt.messages(row, self.settings.system_message))

    async def ask(self, messages: list[Message], seed: int | None, tools: Tools | None = None) -> Generation:
        parser = None
        by_server = not self.settings.use_client_parsing or self.settings.inference.endpoint_type == "responses"
        if tools is not None and not by_server:
            parser = find_tool_parser(self.settings.tool_parser, self.conversation.endpoint.model)
        marks = {SKIP: False} if parser is not None and parser.special_tokens else {}
        body = marks | await self._body(messages, seed, tools)
        plain = [without_items(message) for message in messages] if "input" in body else messages
        opened = await self.opened.by(
            self.conversation, plain, self.settings, tools, body.get("prompt"), body.get(SKIP) is False
        )
        shown_by = self.conversation.endpoint.model_folder if body.get(SKIP) is False else ""
        reading = Reading(self.settings, opened, endings_of=shown_by, marks=parser.marks if parser is not None else ())
        generation = await self._ask(body, reading)
        if tools is None and generation.output_items is not None:  # for conversations with tools alone
            generation = msgspec.structs.replace(generation, output_items=None)
        return generation if parser is None else _with_calls(generation, parser)

    async def ask_turn(
        self,
        name: str,
        messages: list[Message],
        seed: int | None,
        tools: Tools | None = None,
        most_tokens: int | None = None,
    ) -> Turn:
        turn = next((turn for turn in self.turns if turn.name == name), None)
        if turn is None:
            asker = self if most_tokens is None else self._within(most_tokens)
            turn = Turn(name=name, **msgspec.structs.asdict(await asker.ask(messages, seed, tools)))
            self.keep(turn)
        return turn

    def _within(self, most_tokens: int) -> ModelAsker:
        inference = self.settings.inference
        tokens = min(most_tokens, inference.tokens_to_generate or most_tokens)
        limited = inference.model_copy(update={"tokens_to_generate": tokens})
        return replace(self, settings=self.settings.model_copy(update={"inference": limited}))

    async def _ask(self, body: dict[str, Any], reading: Reading) -> Generation:
        reducing = self.settings.context_overflow == "reduce_generation"
        wanted = self.settings.inference.tokens_to_generate
        length = self.conversation.endpoint.context_length
        if reducing and wanted is not None and length is not None and wanted >= length:
            return await self._ask_for_what_fits(body, None, reading)
        try:
            answer = await self.conversation.ask(body)
        except OutOfContext as failure:
            if not reducing or wanted is None:
                raise
            return await self._ask_for_what_fits(body, failure, reading)
        answer = self._told_if_cut(answer, body)
        return self._checked_if_cut(await self._generation(answer, reading), wanted)

    def _told_if_cut(self, answer: Answer, body: Mapping[str, Any]) -> Answer:
        """Say of a response of llama.cpp that it was cut off: its status is always completed."""
        completion, endpoint = answer.completion, self.conversation.endpoint
        if endpoint.words is not OF_LLAMA_CPP or "input" not in body or completion.completion_tokens is None:
            return answer
        ends = [body[LIMIT]] if LIMIT in body else []
        if endpoint.context_length is not None and completion.prompt_tokens is not None:
            ends.append(endpoint.context_length - 1 - completion.prompt_tokens)
        if not ends or completion.completion_tokens < min(ends):
            return answer
        return replace(answer, completion=replace(completion, finish_reason="length"))

    async def _generation(self, answer: Answer, reading: Reading) -> Generation:
        generation, origin = reading.generation(answer), await self.differing(answer.completion.origin)
        if origin == UNSAID:
            return generation
        return msgspec.structs.replace(
            generation, answered_by=origin.model, system_fingerprint=origin.system_fingerprint
        )

    async def _body(self, messages: list[Message], seed: int | None, tools: Tools | None) -> dict[str, Any]:
        settings, model, words = self.settings, self.conversation.endpoint.model, self.conversation.endpoint.words
        if settings.inference.endpoint_type == "chat":
            return chat_body(model, messages, settings.inference, seed, settings.chat_template_kwargs, tools, words)
        if settings.inference.endpoint_type == "responses":
            chat = chat_body(model, messages, settings.inference, seed, settings.chat_template_kwargs, None, words)
            return responses_body(chat, self.conversation.endpoint.address, tools, words)
        apply = settings.inference.apply_chat_template
        try:
            prompt = await prompt_for(self.conversation, messages, apply, settings.chat_template_kwargs, tools)
        except TemplateTooCostly as failure:
            by_server = "++use_client_parsing=False" if tools else "++inference.endpoint_type=chat"
            raise NorthstarError(
                f"{failure} (row {self.row_id!r}). Fix the template, or have the server render it: {by_server}."
            ) from None
        return text_body(model, prompt, settings.inference, seed, words)

    async def _ask_for_what_fits(
        self, body: dict[str, Any], failure: OutOfContext | None, reading: Reading
    ) -> Generation:
        """Learn the prompt's length by asking for one token, then ask for as many tokens as still fit."""
        limit, least = (LIMIT, LEAST_TOKENS) if "input" in body else ("max_tokens", 1)
        one = (await self.conversation.ask(body | {limit: least})).completion
        length = self.conversation.endpoint.context_length or (failure.context_length if failure else None)
        if length is None or one.prompt_tokens is None or one.prompt_tokens >= length:
            raise failure or OutOfContext(f"the prompt fills the model's context of {length} tokens")
        room = length - one.prompt_tokens
        if failure is not None and room >= body[limit]:
            raise failure  # the context is not what it failed on
        answer = self._told_if_cut(await self.conversation.ask(body | {limit: room}), body | {limit: room})
        return msgspec.structs.replace(await self._generation(answer, reading), reduced_to=room)

    def _checked_if_cut(self, generation: Generation, wanted: int | None) -> Generation:
        """Detect servers that silently cut an answer at the end of the context; by default that is an error."""
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
            f"cut at the end of the model's context of {length} tokens: the prompt has {prompt}, which left {answered} "
            f"of the {wanted} to generate (++context_overflow=reduce_generation accepts such answers)"
        )
        return msgspec.structs.replace(generation, error=error, out_of_context=True)


def _with_calls(generation: Generation, parser: ToolParser) -> Generation:
    """Return the generation with the tool calls that its text contains."""
    parsed = parser.parse(generation.generation)
    calls = numbered(parsed.calls)
    return msgspec.structs.replace(generation, generation=parsed.text, tool_calls=calls or None)


@dataclass(frozen=True, slots=True)
class Reading:
    """How to read an answer.

    Attributes:
        opened: The tag that the prompt left open.
        endings_of: The model's folder, whose special tokens are removed from the end of the text, where they are shown.
        marks: The marks of tool calls, which are not removed.
    """

    settings: EvalSettings
    opened: Tag | None = None
    endings_of: str = ""
    marks: tuple[str, ...] = ()

    def generation(self, answer: Answer) -> Generation:
        """Return the record of an answer: reasoning separated, tokens and times noted."""
        completion, settings = answer.completion, self.settings
        text = completion.text
        if self.endings_of:
            text = without_endings(text, self.endings_of, (settings.end_reasoning_string, *self.marks))
        parted = part_reasoning(
            text,
            completion.reasoning,
            parse=settings.parse_reasoning,
            end=settings.end_reasoning_string,
            # Text with which a filter or a refusing model replaces the answer is not reasoning.
            opened=None if meaning_of(completion.finish_reason) is Meaning.WITHHELD else self.opened,
        )
        unfinished = parted.unfinished and not completion.tool_calls
        detected = settings.parse_reasoning is None and not (self.opened or completion.reasoning or parted.unfinished)
        return Generation(
            generation=parted.answer,
            reasoning=parted.reasoning,
            reasoning_unfinished=unfinished,
            end_not_found=unfinished and not completion.reasoning,
            end_unopened=detected and ends_unopened(parted.reasoning, settings.end_reasoning_string),
            finish_reason=completion.finish_reason,
            num_generated_tokens=completion.completion_tokens,
            num_prompt_tokens=completion.prompt_tokens,
            num_reasoning_tokens=completion.reasoning_tokens,
            output_items=completion.output_items,
            time_to_first_token=None if answer.pace is None else round(answer.pace.first, 4),
            time_between_tokens=None
            if answer.pace is None or answer.pace.between is None
            else round(answer.pace.between, 6),
            generation_start_time=answer.started,
            generation_end_time=answer.ended,
            tool_calls=completion.tool_calls,
        )
