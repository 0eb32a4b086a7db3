"""Which metrics a benchmark has, by its value alone."""

from __future__ import annotations

from northstar.metrics.answers import JUDGE_SCORE
from northstar.metrics.categories import CategoryMetrics
from northstar.metrics.instructions import InstructionMetrics
from northstar.metrics.pairs import PairMetrics
from northstar.task.benchmark import Benchmark

NO_ANSWER = "no_answer"
"""The share of generations without an answer, a metric of every benchmark that has answers."""


def metric_names(benchmark: Benchmark) -> list[str]:
    """Return the metrics of a benchmark of which values can be published, the main one first."""
    metrics = benchmark.metrics
    if isinstance(metrics, CategoryMetrics):
        parts = () if benchmark.parts is None else benchmark.parts.names
        return list(dict.fromkeys((*metrics.group_names, *parts)))
    if isinstance(metrics, InstructionMetrics | PairMetrics):
        return list(metrics.published)
    judged = [JUDGE_SCORE] if metrics.with_judge() is not None else []
    return list(dict.fromkeys((*metrics.scores, *judged, *([NO_ANSWER] if metrics.answer else []))))
