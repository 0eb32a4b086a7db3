"""SciCode: research problems in steps, each a function to write (Tian et al. 2024, arXiv 2407.13168)."""

from __future__ import annotations

from northstar.benchmarks.scicode.grader import SciCodeSteps
from northstar.benchmarks.scicode.metrics import StepMetrics
from northstar.benchmarks.scicode.rows import SPLITS
from northstar.benchmarks.scicode.solver import StepAfterStep
from northstar.task.benchmark import Benchmark, Splits

BENCHMARK = Benchmark(
    name="scicode",
    about="65 research problems of 288 graded steps (dev: 15 of 50; test_aai: both)",
    family="programs",
    licence="Apache-2.0",
    citation="Tian et al. 2024, SciCode: A Research Coding Benchmark Curated by Scientists, arXiv 2407.13168",
    splits=Splits(SPLITS, rows={"test": 65, "dev": 15, "test_aai": 80}),
    prompt="scicode",
    solver=StepAfterStep(),
    typical_tokens=43000,
    grader=SciCodeSteps(),
    metrics=StepMetrics("problem_accuracy", "subtask_accuracy", weight="num_subtasks"),
    needs=("problem", "dependencies", "sub_steps"),
    programs="import",
)
