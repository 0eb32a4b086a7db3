"""BFCL v3's score: how the leaderboard composes it from categories, with the names of NeMo-Skills."""

from __future__ import annotations

from northstar.metrics.categories import CategoryMetrics, Group

_OF_CALLS = ("multiple", "parallel", "parallel_multiple")
_LIVE_AST = ("live_simple", "live_multiple", "live_parallel", "live_parallel_multiple")
_MULTI_TURN = ("multi_turn_base", "multi_turn_miss_func", "multi_turn_miss_param", "multi_turn_long_context")

METRICS = CategoryMetrics(
    "correct",
    subset="category",
    groups=[
        Group("simple_ast", ("simple", "java", "javascript")),
        Group("non_live_ast", ("simple_ast", *_OF_CALLS)),
        Group("live_ast", _LIVE_AST, weighted=True),
        Group("overall_multi_turn", _MULTI_TURN),
        Group("overall_live", (*_LIVE_AST, "live_irrelevance", "live_relevance"), weighted=True),
        Group("overall_non_live", ("simple_ast", *_OF_CALLS, "irrelevance")),
        Group("overall_accuracy", ("overall_non_live", "overall_live", "overall_multi_turn")),
    ],
    table=[
        "overall_accuracy",
        "overall_non_live",
        "non_live_ast",
        "irrelevance",
        "overall_live",
        "live_ast",
        "live_irrelevance",
        "live_relevance",
        "overall_multi_turn",
    ],
)
