"""What a solver is given: one benchmark's prompt and settings, and the client, behind two functions."""

from __future__ import annotations

from dataclasses import dataclass

from northstar.config.settings import EvalSettings
from northstar.models.client import Answer, ChatClient
from northstar.models.reasoning import part_reasoning
from northstar.models.request import chat_body
from northstar.prompts.prompt import Prompt
from northstar.records import Generation, Row
from northstar.solvers.solver import Message


@dataclass(frozen=True, slots=True)
class ModelAsker:
    """Implements solvers.solver.Asker for one benchmark."""

    prompt: Prompt
    settings: EvalSettings
    client: ChatClient

    def render(self, row: Row) -> list[Message]:
        return list(self.prompt.messages(row, self.settings.system_message))

    async def ask(self, messages: list[Message], seed: int | None) -> Generation:
        settings = self.settings
        model = self.client.endpoint.model
        body = chat_body(model, messages, settings.inference, seed, settings.chat_template_kwargs)
        return generation_of(await self.client.ask(body), settings)


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
        reasoning_unfinished=parted.unfinished,
        finish_reason=completion.finish_reason,
        num_generated_tokens=completion.completion_tokens,
        num_prompt_tokens=completion.prompt_tokens,
        generation_start_time=answer.started,
        generation_end_time=answer.ended,
    )
