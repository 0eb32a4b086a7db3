"""BFCL v3: the Berkeley Function-Calling Leaderboard, single turn and multi turn (Patil et al. 2025, ICML).

Data, checkers and simulated tools come from the package bfcl-eval, whose version here equals, file for file, the
leaderboard's release v1.3. Of the dozens of packages that it declares, these parts need one.
"""

from __future__ import annotations

from pathlib import Path

from northstar.benchmarks.bfcl_v3.calls import NAME
from northstar.benchmarks.bfcl_v3.grader import OfficialCheck
from northstar.benchmarks.bfcl_v3.rows import COUNTS, to_rows
from northstar.benchmarks.bfcl_v3.score import METRICS
from northstar.benchmarks.bfcl_v3.solver import ToolConversation
from northstar.data.environment import Environment
from northstar.data.source import EnvironmentPackage
from northstar.task.benchmark import Benchmark, Helper, Parts, Splits

VERSION = "2025.7.17"

ENVIRONMENT = Environment(
    NAME,
    (
        (f"bfcl-eval=={VERSION}", ("1982d6804db2389d9f241d5ded49286ca47d9654fc518ea70857f5051217f88b",)),
        ("mpmath==1.3.0", ("a0b2b9fe80bbcd81a6647ff13108738cfb482d481d826cc0e02f5b35e5c88d2c",)),
    ),
)

ROWS = EnvironmentPackage(
    ENVIRONMENT,
    "bfcl_eval",
    VERSION,
    sha256="a4fcea81d7fdc9abf75a03ae89fb4422f0a291744ec837a1a861dc52fc5b7740",
    to_rows=to_rows,
    counts={"category": COUNTS},
)

BENCHMARK = Benchmark(
    name=NAME,
    about="4,441 tool-calling tasks in 17 categories, single turn and multi turn; one alone: bfcl_v3.simple",
    family="tools",
    licence="Apache-2.0",
    citation="Patil et al. 2025, The Berkeley Function Calling Leaderboard (BFCL): From Tool Use to Agentic Evaluation "
    "of Large Language Models, ICML 2025",
    splits=Splits({"test": ROWS}, rows={"test": 4441}),
    prompt="conversation",
    solver=ToolConversation(),
    typical_tokens=8000,
    grader=OfficialCheck(package=f"bfcl-eval=={VERSION}"),
    metrics=METRICS,
    needs=("category", "question"),
    tools=True,
    helper=Helper(environment=ENVIRONMENT, file=Path(__file__).with_name("official.py")),
    parts=Parts(field="category", names=tuple(sorted(COUNTS))),
)
