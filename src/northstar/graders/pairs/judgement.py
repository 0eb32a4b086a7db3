"""Grades an answer by a judge's verdicts on it and another answer, in both orders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from northstar.core.records import Generation, Grade, Row
from northstar.graders.judgement import NOTHING_TO_JUDGE
from northstar.graders.pairs.style import FEATURES, difference, style_of
from northstar.graders.pairs.verdict import read_verdict, worth
from northstar.task.grader import SolverContext

BASELINE_FIRST, ANSWER_FIRST = "baseline first", "answer first"
"""The two questions to a judge: which answer is A."""
AGAIN = ", again"
"""Follows the name of a question that is asked once more."""
LOST, WON, NEITHER = ("A>>B", "B>>A"), ("B>>A", "A>>B"), ("A=B", "A=B")
"""The verdicts on an answer that isn't there, on one whose other isn't there, and where neither is."""


def share_won(games: Sequence[str]) -> float:
    """Return an answer's weighted share of the wins in both games: in the first it is B, in the second A.

    >>> share_won(["B>>A", "A=B"]), share_won(["A>B", "A>B"])
    (0.875, 0.5)
    """
    each = worth(games[0]).of_second, worth(games[1])
    return sum(one.score * one.weight for one in each) / sum(one.weight for one in each)


@dataclass(frozen=True)
class PairJudgement:
    """Scores `judge_correct`, the answer's weighted share of the wins over both orders, from 0 to 1.

    `judge_games` are both verdicts, `judge_style` how the answer's style differs from the other's. Where a verdict
    can't be read, the row has none: `judge_unparsed`.
    """

    version = 1

    def identity(self) -> dict[str, Any]:
        return {"name": "pair_judgement"}

    async def __call__(self, row: Row, generation: Generation, solver_context: SolverContext) -> Grade:  # noqa: ARG002
        if generation.finish_reason == NOTHING_TO_JUDGE:
            games = list(WON if row["answer_b"].strip() else LOST if row["answer_a"].strip() else NEITHER)
            no_style = [0.0] * len(FEATURES)  # else a failed answer would have lost by being short
            return {"judge_correct": share_won(games), "judge_games": games, "judge_style": no_style}
        style = {"judge_style": difference(style_of(row["answer_b"]), style_of(row["answer_a"]))}
        verdicts = [_verdict(generation, name) for name in (BASELINE_FIRST, ANSWER_FIRST)]
        read = [verdict for verdict in verdicts if verdict is not None]
        if len(read) < len(verdicts):
            return {"judge_correct": None, "judge_unparsed": True, "judge_games": None, **style}
        return {"judge_correct": share_won(read), "judge_games": read, **style}


def _verdict(generation: Generation, game: str) -> str | None:
    """Return the verdict of a game: that of its last question."""
    texts = [turn.generation for turn in generation.turns or () if turn.name in (game, f"{game}{AGAIN}")]
    return read_verdict(texts[-1]) if texts else None
