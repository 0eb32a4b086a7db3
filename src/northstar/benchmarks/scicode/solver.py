"""Asks for a program in steps; each question contains the code of the steps before it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from northstar.benchmarks.scicode.step_code import step_code
from northstar.core.records import Generation, Row, Turn, sum_of_known
from northstar.task.solver import Asker


@dataclass(frozen=True, slots=True)
class StepAfterStep:
    """Asks the steps of a row, one turn each, named after the step.

    The prompt is rendered over the row with `current`, the step's index from 0, and `codes`, the code of each step
    before it: the model's, or the step's `given` code, in which case the step is not asked. The first step without an
    answer ends the row, since later steps depend on it.
    """

    async def __call__(self, row: Row, seed: int | None, asker: Asker) -> Generation:
        turns: list[Turn] = []
        codes: list[str] = []
        for place, step in enumerate(row["sub_steps"]):
            if step.get("given") is not None:
                codes.append(step["given"])
                continue
            messages = await asyncio.to_thread(asker.render, {**row, "current": place, "codes": codes})
            turn = await asker.ask_turn(step["step"], messages, seed)
            turns.append(turn)
            if turn.error is not None:
                break
            codes.append(step_code(row, place, turn) or "")
        return _joined(turns, "\n\n".join([row["dependencies"], *codes]))


def _joined(turns: list[Turn], program: str) -> Generation:
    """Join the turns into one generation, whose text is the whole program."""
    last = turns[-1]
    return Generation(
        generation=program,
        finish_reason=last.finish_reason,
        num_generated_tokens=sum_of_known(turn.num_generated_tokens for turn in turns),
        num_prompt_tokens=sum_of_known(turn.num_prompt_tokens for turn in turns),
        num_reasoning_tokens=sum_of_known(turn.num_reasoning_tokens for turn in turns),
        generation_start_time=turns[0].generation_start_time,
        generation_end_time=last.generation_end_time,
        error=None if last.error is None else f"{last.error} (at step {last.name})",
        out_of_context=last.out_of_context,
        turns=turns,
    )
