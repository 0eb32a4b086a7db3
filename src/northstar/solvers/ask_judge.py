"""Asks a judge about a generation, and once more if its verdict cannot be read."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from northstar.core.records import Generation, Row, sum_of_known
from northstar.graders.judgement import NOTHING_TO_JUDGE, read_label
from northstar.task.judge import YES_OR_NO, Labels
from northstar.task.solver import Asker


@dataclass(frozen=True, slots=True)
class AskJudge:
    """Asks about a record: the row's fields with the generation and its grade.

    An empty generation, an error, or unfinished reasoning is not judged. The first question is greedy; the second one
    is sampled, since greedy would repeat the answer, and the tokens of both are added up.

    Attributes:
        labels: The verdicts that can be read.
    """

    labels: Labels = YES_OR_NO

    async def __call__(self, row: Row, seed: int | None, asker: Asker) -> Generation:  # noqa: ARG002
        if (
            row.get("error") is not None
            or row.get("reasoning_unfinished")
            or not str(row.get("generation") or "").strip()
        ):
            return Generation(generation="", finish_reason=NOTHING_TO_JUDGE, num_generated_tokens=0)
        messages = asker.render(row)
        first = await asker.ask(messages, None)
        if read_label(first.generation, self.labels) is not None:
            return first
        second = await asker.ask(messages, 1)
        return msgspec.structs.replace(
            second,
            num_prompt_tokens=sum_of_known((first.num_prompt_tokens, second.num_prompt_tokens)),
            num_generated_tokens=sum_of_known((first.num_generated_tokens, second.num_generated_tokens)),
            generation_start_time=first.generation_start_time,
        )
