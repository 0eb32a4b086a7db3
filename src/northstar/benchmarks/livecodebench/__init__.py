"""LiveCodeBench: problems of programming contests, selected by date (Jain et al. 2024, arXiv 2403.07974)."""

from __future__ import annotations

from northstar.benchmarks.livecodebench.code_tests import CodeTests
from northstar.benchmarks.livecodebench.splits import NAMED, ROWS, split_of
from northstar.metrics.answers import AnswerMetrics
from northstar.solvers.single_turn import SingleTurn
from northstar.task.benchmark import Benchmark, Splits

BENCHMARK = Benchmark(
    name="livecodebench",
    about="problems of LeetCode, AtCoder and Codeforces contests; also any split test_vN_YYMM_YYMM",
    family="programs",
    licence="unknown",
    citation="Jain et al. 2024, LiveCodeBench: Holistic and Contamination Free Evaluation of Large Language Models for "
    "Code, arXiv 2403.07974",
    splits=Splits(
        {name: split_of(name) for name in NAMED},
        default="test_v6_2408_2505",
        prepared=NAMED,
        by_rule=split_of,
        rows=ROWS,
    ),
    prompt="livecodebench",
    solver=SingleTurn(),
    typical_tokens=19000,
    grader=CodeTests(),
    metrics=AnswerMetrics("accuracy", answer=None, subset="difficulty"),
    needs=("problem", "tests"),
    programs="may import",
)
