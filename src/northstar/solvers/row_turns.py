"""Asks what a row of a user's file brings: its messages, its text, or its prompt; in one turn or several."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from northstar.core.records import Generation, Row, Turn, sum_of_known
from northstar.solvers.row_messages import first_messages
from northstar.task.solver import Asker, Message

Form = Literal["prompt", "messages", "text"]
ROLES = ("system", "developer", "user", "assistant", "tool")


@dataclass(frozen=True, slots=True)
class RowTurns:
    """Asks a row's question, or each of its turns after the answers to those before.

    Attributes:
        form: prompt: the prompt file over the row's fields; messages, text: of the row's field `key`.
        key: The field.
        turns: The field with the user's turns, a list of texts or of objects whose fields join the row's in the prompt.
    """

    form: Form = "prompt"
    key: str = ""
    turns: str | None = None

    async def __call__(self, row: Row, seed: int | None, asker: Asker) -> Generation:
        if self.turns is None:
            return await asker.ask(self._first(row, asker), seed)
        done: list[Turn] = []
        messages: list[Message] = []
        for number, said in enumerate(row[self.turns]):
            asked = self._turn(row, said, asker)
            messages += asked if not number else [each for each in asked if each["role"] != "system"]
            turn = await asker.ask_turn(f"turn {number + 1}", list(messages), seed)
            done.append(turn)
            if turn.error is not None:
                break
            messages.append({"role": "assistant", "content": turn.generation})
        return _joined(done)

    def _first(self, row: Row, asker: Asker) -> list[Message]:
        if self.form == "prompt":
            return asker.render(row)
        said = row[self.key]
        messages = list(said) if self.form == "messages" else [{"role": "user", "content": said}]
        return first_messages(messages, asker.system_message)

    def _turn(self, row: Row, said: Any, asker: Asker) -> list[Message]:
        if self.form == "prompt":
            return asker.render({**row, **said})
        return first_messages([{"role": "user", "content": said}], asker.system_message)

    def fault(self, row: Row) -> str:
        """Say in a phrase why a row can't be asked; '' if it can, as far as its prompt takes its fields."""
        if self.turns is not None:
            kind, what = (dict, "objects of fields") if self.form == "prompt" else (str, "texts")
            found = row.get(self.turns)
            if not isinstance(found, list) or not found or not all(isinstance(each, kind) and each for each in found):
                return f"its '{self.turns}' must be a list of {what}, the user's turns" + _lacking(row, self.turns)
            return ""
        if self.form == "text":
            said = row.get(self.key)
            fine = isinstance(said, str) and bool(said.strip())
            return "" if fine else f"its '{self.key}' must be a text" + _lacking(row, self.key)
        return _fault_of_messages(row, self.key) if self.form == "messages" else ""


def _fault_of_messages(row: Row, key: str) -> str:
    messages = row.get(key)
    if not isinstance(messages, list) or not messages:
        return f"its '{key}' must be a list of messages" + _lacking(row, key)
    for number, message in enumerate(messages, start=1):
        role = message.get("role") if isinstance(message, dict) else None
        if role not in ROLES:
            return f"message {number} of its '{key}' needs a role, one of {', '.join(ROLES)}"
        content = message.get("content")
        if not isinstance(content, str | list) and not (role == "assistant" and "tool_calls" in message):
            return f"message {number} of its '{key}' needs a 'content': a text, or a list of parts"
    return ""


def _lacking(row: Row, key: str) -> str:
    return f"; it has no such field (it has {', '.join(map(str, row)) or 'none'})" if key not in row else ""


def _joined(turns: list[Turn]) -> Generation:
    """Join the turns into one generation, whose text is the last answer."""
    last = turns[-1]
    return Generation(
        generation=last.generation,
        reasoning=last.reasoning,
        reasoning_unfinished=last.reasoning_unfinished,
        end_not_found=last.end_not_found,
        finish_reason=last.finish_reason,
        num_generated_tokens=sum_of_known(turn.num_generated_tokens for turn in turns),
        num_prompt_tokens=sum_of_known(turn.num_prompt_tokens for turn in turns),
        generation_start_time=turns[0].generation_start_time,
        generation_end_time=last.generation_end_time,
        error=None if last.error is None else f"{last.error} (at {last.name})",
        out_of_context=last.out_of_context,
        turns=turns,
    )
