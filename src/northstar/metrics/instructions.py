"""Metrics of prompts that hold several instructions; docs/grading.md explains the numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from northstar.metrics.arrays import FloatArray
    from northstar.metrics.row_means import RowMean
    from northstar.metrics.scores import Mode, Scores

PROMPTS = ("prompt_strict_accuracy", "prompt_loose_accuracy")
INSTRUCTIONS = ("instruction_strict_accuracy", "instruction_loose_accuracy")
SHOWN = ("prompt_strict_accuracy", "instruction_strict_accuracy", "prompt_loose_accuracy", "instruction_loose_accuracy")
AVERAGE = "average_score"
VERIFIED = "verified_share"


class InstructionMetrics:
    """Reports the share of prompts all of whose instructions are followed, that of instructions, and their mean.

    A row counts once among prompts, and by the number of its instructions among these. Instructions without a verdict
    count in neither, and a prompt counts only if all its instructions have one: `num_prompts` and `num_instructions`
    are those that count, `ungraded` is the share of instructions that don't. Under pass@k a row counts with the best of
    its generations, for each score alone.
    """

    answer = None
    subset: str | None = None
    judged = False
    by_category = False
    scores = (*SHOWN, VERIFIED)
    weight = "num_instructions"
    live_score = SHOWN[0]
    published = (AVERAGE, *SHOWN)
    """The metrics of which values can be published."""

    def with_judge(self) -> None:
        """Return None: verifiers decide, which a judge does not replace."""

    def shown(self, k: int) -> list[str]:
        """Return the modes that a table shows for k generations per row."""
        return ["pass@1"] if k == 1 else [f"pass@1[avg-of-{k}]", f"pass@{k}"]

    def compute(self, scores: Scores) -> dict[str, Mode]:
        """Return mode → metrics for every j <= k; for one generation per row, 'pass@1' is the only mode."""
        if scores.k == 1:
            return {"pass@1": self._mean_mode(scores, 1)}
        modes = {f"pass@1[avg-of-{j}]": self._mean_mode(scores, j) for j in range(1, scores.k + 1)}
        return modes | {f"pass@{j}": self._pass_mode(scores, j) for j in range(2, scores.k + 1)}

    def row_means(self, scores: Scores) -> dict[str, RowMean]:
        """Return the mean of the four shares, and each; a row counts by what it has of verdicts."""
        from northstar.metrics.row_means import RowMean

        prompts, instructions = _prompts(scores), _instructions(scores)
        values, means = scores.values, dict[str, RowMean]()
        if prompts.any():
            parts = prompts / prompts.sum(), instructions / instructions.sum()
            rows = (parts[0] + parts[1]) / 2
            shares = [(values[name].T * part).T for names, part in zip(_KINDS, parts, strict=True) for name in names]
            counted = rows > 0
            average = sum(shares) / 4 / _column(rows + ~counted)
            means[AVERAGE] = RowMean(average.clip(0.0, 1.0), rows * float(counted.sum()))
        for name in SHOWN:
            weights = prompts if name in PROMPTS else instructions
            if weights.any():
                means[name] = RowMean(values[name], None if (weights == 1).all() else weights)
        return means

    def _mean_mode(self, scores: Scores, j: int) -> Mode:
        from northstar.metrics.spread import statistics

        shares, nested = {}, {}
        for name in SHOWN:
            weights = _weights(scores, name)
            counted = weights > 0
            if counted.any():
                values = scores.values[name][counted, :j]
                shares[name] = float(weights[counted] @ values.mean(axis=1) / weights.sum())
                nested[f"{name}_statistics"] = statistics(values, None if name in PROMPTS else weights[counted])
        return self._mode(scores, j, shares) | nested

    def _pass_mode(self, scores: Scores, j: int) -> Mode:
        from northstar.metrics.pass_at_k import best_of

        shares = {}
        for name in SHOWN:
            weights = _weights(scores, name)
            if weights.any():
                shares[name] = float(weights @ best_of(scores.values[name], j) / weights.sum())
        return self._mode(scores, scores.k, shares)

    def _mode(self, scores: Scores, j: int, shares: dict[str, float]) -> Mode:
        instructions = _instructions(scores)
        assert scores.weights is not None
        percents = {name: 100.0 * shares[name] if name in shares else None for name in SHOWN}
        mode: dict[str, Any] = {
            "num_prompts": int(_prompts(scores).sum()),
            "num_instructions": round(float(instructions.sum())),
            AVERAGE: 100.0 * sum(shares.values()) / len(SHOWN) if len(shares) == len(SHOWN) else None,
            **percents,
            **scores.counts(j),
        }
        missing = 1.0 - float(instructions.sum() / scores.weights.sum())
        return mode | ({"ungraded": 100.0 * missing} if missing > 1e-9 else {})


_KINDS = (PROMPTS, INSTRUCTIONS)


def _weights(scores: Scores, name: str) -> FloatArray:
    return _prompts(scores) if name in PROMPTS else _instructions(scores)


def _prompts(scores: Scores) -> FloatArray:
    """Return [rows]: 1 where all instructions have verdicts in every generation, else 0."""
    complete: FloatArray = (scores.values[VERIFIED] >= 1.0).all(axis=1).astype(float)
    return complete


def _instructions(scores: Scores) -> FloatArray:
    """Return [rows]: the number of instructions with verdicts; 0 where it differs between generations."""
    assert scores.weights is not None
    least, most = scores.values[VERIFIED].min(axis=1), scores.values[VERIFIED].max(axis=1)
    counted: FloatArray = (scores.weights * least).round() * (least == most)
    return counted


def _column(values: FloatArray) -> FloatArray:
    return values[:, None]
