"""Shares of prompts and of instructions that are followed, their mean, and what counts without a verdict."""

from __future__ import annotations

import numpy as np
import pytest

from northstar.metrics.instructions import InstructionMetrics
from northstar.metrics.scores import Scores

METRICS = InstructionMetrics()


def scores(strict: list[list[float]], instructions: list[float], verified: list[list[float]] | None = None) -> Scores:
    """Of rows × seeds: the share of a row's instructions that are followed, the same in both readings."""
    share = np.array(strict)
    return Scores(
        values={
            "prompt_strict_accuracy": (share >= 1).astype(float),
            "instruction_strict_accuracy": share,
            "prompt_loose_accuracy": (share >= 1).astype(float),
            "instruction_loose_accuracy": share,
            "verified_share": np.array(verified) if verified else np.ones_like(share),
        },
        answers=None,
        tokens=np.full(share.shape, 20.0),
        busy=[np.array([[0.0, 2.0]])] * share.shape[1],
        weights=np.array(instructions),
    )


def test_the_table_has_the_official_columns_in_their_order() -> None:
    mode = METRICS.compute(scores([[1.0], [0.5]], [1, 2]))["pass@1"]
    assert [name for name, value in mode.items() if not isinstance(value, dict)] == [
        "num_prompts",
        "num_instructions",
        "average_score",
        "prompt_strict_accuracy",
        "instruction_strict_accuracy",
        "prompt_loose_accuracy",
        "instruction_loose_accuracy",
        "num_entries",
        "avg_tokens",
        "gen_seconds",
    ]


def test_a_row_counts_once_among_prompts_and_by_its_instructions_among_these() -> None:
    mode = METRICS.compute(scores([[1.0], [0.5]], [1, 2]))["pass@1"]
    assert (mode["num_prompts"], mode["num_instructions"], mode["num_entries"]) == (2, 3, 2)
    assert mode["prompt_strict_accuracy"] == 50.0
    assert mode["instruction_loose_accuracy"] == pytest.approx(200 / 3)
    assert mode["average_score"] == pytest.approx((50 + 200 / 3) / 2)


def test_under_pass_at_k_a_row_counts_with_the_best_of_its_generations() -> None:
    modes = METRICS.compute(scores([[1.0, 0.0], [0.0, 0.5]], [1, 2]))
    assert list(modes) == ["pass@1[avg-of-1]", "pass@1[avg-of-2]", "pass@2"]
    assert modes["pass@2"]["prompt_strict_accuracy"] == 50.0
    assert modes["pass@2"]["instruction_strict_accuracy"] == pytest.approx(200 / 3)
    assert modes["pass@1[avg-of-2]"]["instruction_strict_accuracy"] == pytest.approx(100 / 3)


def test_instructions_without_a_verdict_are_left_out_and_said() -> None:
    mode = METRICS.compute(scores([[1.0], [1.0], [0.0]], [1, 2, 1], [[1.0], [0.5], [1.0]]))["pass@1"]
    assert (mode["num_prompts"], mode["num_instructions"], mode["num_entries"]) == (2, 3, 3)
    assert (mode["prompt_strict_accuracy"], mode["ungraded"]) == (50.0, 25.0)
    assert mode["instruction_strict_accuracy"] == pytest.approx(200 / 3)


def test_without_any_verdict_there_is_no_number() -> None:
    found = scores([[0.0]], [1], [[0.0]])
    mode = METRICS.compute(found)["pass@1"]
    assert (mode["average_score"], mode["prompt_strict_accuracy"], mode["ungraded"]) == (None, None, 100.0)
    assert METRICS.row_means(found) == {}


@pytest.mark.parametrize("verified", [None, [[1.0, 1.0], [0.5, 0.5], [1.0, 1.0]]])
def test_the_means_over_rows_are_those_of_the_table(verified: list[list[float]] | None) -> None:
    found = scores([[1.0, 0.0], [1.0, 0.0], [0.25, 0.5]], [1, 2, 4], verified)
    mode, means = METRICS.compute(found)["pass@1[avg-of-2]"], METRICS.row_means(found)
    assert next(iter(means)) == "average_score"
    assert {name: 100 * mean.mean for name, mean in means.items()} == pytest.approx(
        {name: mode[name] for name in means}
    )
    assert all(((mean.values >= 0) & (mean.values <= 1)).all() for mean in means.values())
