"""Asks one question whose messages are the row's own."""

from __future__ import annotations

import json
from dataclasses import dataclass

from northstar.config.settings import NO_SYSTEM_MESSAGE
from northstar.core.records import Generation, Row
from northstar.task.solver import Asker, Message


@dataclass(frozen=True, slots=True)
class RowMessages:
    """Sends the conversation in the row's attachment `field`, a list of messages, as it is; the prompt is not used."""

    field: str = "messages"

    def messages(self, row: Row, asker: Asker) -> list[Message]:
        attachments = asker.solver_context.attachments
        assert attachments is not None
        # Read at once, without a thread: the seeds of a row must be sent one after the other (Benchmark.long_prompts).
        messages: list[Message] = json.loads(attachments.read(row[self.field]))
        return first_messages(messages, asker.system_message)

    async def __call__(self, row: Row, seed: int | None, asker: Asker) -> Generation:
        return await asker.ask(self.messages(row, asker), seed)


def first_messages(messages: list[Message], system_message: str | None) -> list[Message]:
    """Return the row's messages; the user's system message precedes the row's own, which is part of the task."""
    if system_message is None or system_message == NO_SYSTEM_MESSAGE:
        return list(messages)
    if not messages or messages[0]["role"] != "system":
        return [{"role": "system", "content": system_message}, *messages]
    own = messages[0]["content"]
    return [{"role": "system", "content": f"{system_message}\n\n{own}" if system_message else own}, *messages[1:]]
