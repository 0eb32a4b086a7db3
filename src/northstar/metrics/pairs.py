"""Metrics of answers that a judge compared with other answers; docs/judging.md explains the numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from northstar.metrics.answers import JUDGE_SCORE

if TYPE_CHECKING:
    from northstar.metrics.row_means import RowMean
    from northstar.metrics.scores import Mode, Scores
    from northstar.metrics.win_rate import Wins

WIN_RATE, CONTROLLED = "win_rate", "style_controlled"
WEIGHT = "judge_weight"
STYLE = "judge_style"
STRONG, WEAK = 3.0, 1.0


class PairMetrics:
    """Reports how often answers win against others: `win_rate`, and `style_controlled`, the rate at equal style.

    A verdict by much counts three times; a tie is half a win. A row without a verdict in both orders counts in neither
    number, and its share is shown as `judge_unparsed`.

    Args:
        subset: A row field; each of its values is also reported on its own.
    """

    scores = (JUDGE_SCORE,)
    answer = None
    judged = True
    by_category = False
    weight: str | None = None
    live_score = JUDGE_SCORE
    published = (WIN_RATE, CONTROLLED)
    """The metrics of which values can be published."""
    fields: ClassVar[dict[str, Any]] = {"judge_games": list[str] | None, "judge_style": list[float] | None}
    """What is read of a judgement: field → type."""

    def __init__(self, subset: str | None = None) -> None:
        self.subset = subset

    def with_judge(self) -> PairMetrics:
        return self

    def shown(self, k: int) -> list[str]:
        """Return the mode that a table shows for k generations per row."""
        return ["pass@1" if k == 1 else f"pass@1[avg-of-{k}]"]

    def of_games(self, games: Sequence[Sequence[Any]], styles: Sequence[Sequence[Any]]) -> dict[str, Any]:
        """Return the values that verdicts give: the weight of each row's, and the differences of style.

        Args:
            games: Of each seed the rows' verdicts, two each; None without any.
            styles: Of each seed the rows' differences of style.

        Returns:
            Name → [rows, k].
        """
        import numpy as np

        weights = np.array([[_weight(each) for each in seed] for seed in games], dtype=float).T
        width = max((len(each) for seed in styles for each in seed if each), default=0)
        found = {WEIGHT: weights}
        for feature in range(width):
            values = [[float(each[feature]) if each else 0.0 for each in seed] for seed in styles]
            found[f"{STYLE}.{feature}"] = np.array(values, dtype=float).T
        return found

    def compute(self, scores: Scores) -> dict[str, Mode]:
        """Return mode → numbers for every j <= k; with one generation per row, 'pass@1' is the only mode."""
        if scores.k == 1:
            return {"pass@1": self._mode(scores, 1)}
        return {f"pass@1[avg-of-{j}]": self._mode(scores, j) for j in range(1, scores.k + 1)}

    def row_means(self, scores: Scores) -> dict[str, RowMean]:
        """Return the win rate: a row counts by the weight of its verdicts. Nothing where nobody judged."""
        import numpy as np

        from northstar.metrics.row_means import RowMean

        if WEIGHT not in scores.values:
            return {}
        won = scores.values[JUDGE_SCORE] * scores.values[WEIGHT]
        weights = scores.values[WEIGHT].mean(axis=1)
        values = won / np.where(weights > 0, weights, 1.0)[:, None]
        return {WIN_RATE: RowMean(values, weights)} if weights.any() else {}

    def _mode(self, scores: Scores, j: int) -> Mode:
        from northstar.metrics.win_rate import controlled_win_rate, win_rate

        if WEIGHT not in scores.values:  # nobody has judged
            return scores.counts(j)
        wins, numbers, nested = self._wins(scores, j), scores.counts(j), dict[str, Any]()
        if j < scores.k:  # the intervals, and the regression, are of all seeds
            return numbers | {WIN_RATE: _percent(wins.rate)}
        for name, found in ((WIN_RATE, win_rate(wins)), (CONTROLLED, controlled_win_rate(wins))):
            low, high = found.interval or (None, None)
            numbers |= {name: _percent(found.value), f"{name}_low": _percent(low), f"{name}_high": _percent(high)}
            nested[f"{name}_statistics"] = {"avg": found.value, "ci95": found.interval and list(found.interval)}
        shares = {name: 100.0 * float(flags.mean()) for name, flags in scores.flags.items() if flags.any()}
        return numbers | shares | nested

    def _wins(self, scores: Scores, j: int) -> Wins:
        """Return what the verdicts on the first j seeds say."""
        import numpy as np

        from northstar.metrics.win_rate import Wins

        weight = scores.values[WEIGHT][:, :j]
        styles = [values[:, :j].mean(axis=1) for name, values in scores.values.items() if name.startswith(STYLE)]
        return Wins(
            (scores.values[JUDGE_SCORE][:, :j] * weight).sum(axis=1),
            weight.sum(axis=1),
            np.column_stack(styles) if styles else np.zeros((len(weight), 0)),
        )


def _percent(share: float | None) -> float | None:
    return None if share is None else 100.0 * share


def _weight(games: Sequence[str] | None) -> float:
    """Return the weight of a row's verdicts; 0 without any.

    >>> _weight(["A>>B", "B>A"]), _weight(None)
    (4.0, 0.0)
    """
    return float(sum(STRONG if len(game) == 4 else WEAK for game in games or ()))
