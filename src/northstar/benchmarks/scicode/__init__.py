"""SciCode: research problems in steps, each a function to write (Tian et al. 2024, 2407.13168)."""

from __future__ import annotations

from northstar.benchmarks.benchmark import Benchmark
from northstar.benchmarks.scicode.rows import SPLITS
from northstar.graders.scicode.steps import SciCodeSteps
from northstar.metrics.steps import StepMetrics
from northstar.solvers.step_after_step import StepAfterStep

BENCHMARK = Benchmark(
    name="scicode",
    about="65 research problems of 288 graded steps (dev: 15 of 50; test_aai: both)",
    splits=SPLITS,
    prompt="scicode",
    solver=StepAfterStep(),
    grader=SciCodeSteps(),
    metrics=StepMetrics("problem_accuracy", "subtask_accuracy", weight="num_subtasks"),
    needs=("problem", "dependencies", "sub_steps"),
    programs="import",
)
