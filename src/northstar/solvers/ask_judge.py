"""Asks a judge about a generation, a second time if its verdict can't be read."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from northstar.core.records import Generation, Row, sum_of_known
from northstar.graders.judgement import NOTHING_TO_JUDGE, read_judgement
from northstar.task.solver import Asker


@dataclass(frozen=True, slots=True)
class AskJudge:
    """`row` is a record: the row's fields with the model's generation and its grade.

    A generation that is empty, an error or unfinished reasoning is not worth a question. The first question is greedy;
    a second one, whose tokens are added, is sampled, since the same answer would come again.
    """

    async def __call__(self, row: Row, seed: int | None, asker: Asker) -> Generation:  # noqa: ARG002
        if (
            row.get("error") is not None
            or row.get("reasoning_unfinished")
            or not str(row.get("generation") or "").strip()
        ):
            return Generation(generation="", finish_reason=NOTHING_TO_JUDGE, num_generated_tokens=0)
        messages = asker.render(row)
        first = await asker.ask(messages, None)
        if read_judgement(first.generation) is not None:
            return first
        second = await asker.ask(messages, 1)
        return msgspec.structs.replace(
            second,
            num_prompt_tokens=sum_of_known((first.num_prompt_tokens, second.num_prompt_tokens)),
            num_generated_tokens=sum_of_known((first.num_generated_tokens, second.num_generated_tokens)),
            generation_start_time=first.generation_start_time,
        )
