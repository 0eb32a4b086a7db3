"""Asks a judge which of two answers is better, in both orders, and once more where its verdict cannot be read."""

from __future__ import annotations

from dataclasses import dataclass

from northstar.core.records import Generation, Row, Turn, sum_of_known
from northstar.graders.judgement import NOTHING_TO_JUDGE
from northstar.graders.pairs.judgement import AGAIN, ANSWER_FIRST, BASELINE_FIRST
from northstar.graders.pairs.verdict import read_verdict
from northstar.task.solver import Asker


@dataclass(frozen=True, slots=True)
class AskPair:
    """Asks about a record with the fields `answer_a`, the baseline's, and `answer_b`, the model's; then swaps them.

    Nobody is asked where one of them is empty. Each question is greedy, and once more sampled. Every answer of the
    judge is journaled at once.
    """

    async def __call__(self, row: Row, seed: int | None, asker: Asker) -> Generation:  # noqa: ARG002
        if not (row["answer_a"].strip() and row["answer_b"].strip()):
            return Generation(generation="", finish_reason=NOTHING_TO_JUDGE, num_generated_tokens=0)
        swapped = row | {"answer_a": row["answer_b"], "answer_b": row["answer_a"]}
        turns: list[Turn] = []
        for name, shown in ((BASELINE_FIRST, row), (ANSWER_FIRST, swapped)):
            messages = asker.render(shown)
            turns.append(await asker.ask_turn(name, messages, None))
            if read_verdict(turns[-1].generation) is None:
                turns.append(await asker.ask_turn(f"{name}{AGAIN}", messages, 1))
        return Generation(
            generation="\n\n".join(f"[{turn.name}]\n{turn.generation}" for turn in turns),
            finish_reason=turns[-1].finish_reason,
            num_generated_tokens=sum_of_known(turn.num_generated_tokens for turn in turns),
            num_prompt_tokens=sum_of_known(turn.num_prompt_tokens for turn in turns),
            num_reasoning_tokens=sum_of_known(turn.num_reasoning_tokens for turn in turns),
            generation_start_time=turns[0].generation_start_time,
            generation_end_time=turns[-1].generation_end_time,
            turns=turns,
        )
