"""IFBench: 58 kinds of instructions unlike those that models are trained on (Pyatkin et al. 2025, arXiv 2507.02833).

The authors changed the test file in April 2026: the first version's 294 rows are the default split, since the published
numbers until then are of these.
"""

from __future__ import annotations

from northstar.data.source import GitHubFile
from northstar.graders.instructions.grader import FollowsInstructions
from northstar.graders.instructions.rows import instructed
from northstar.graders.instructions.verifiers import IFBENCH_PACKAGE, VERIFIERS
from northstar.metrics.instructions import InstructionMetrics
from northstar.solvers.single_turn import SingleTurn
from northstar.task.benchmark import Benchmark, Splits


def _rows(revision: str, sha256: str) -> GitHubFile:
    return GitHubFile("allenai/IFBench", "data/IFBench_test.jsonl", revision, to_row=instructed, sha256=sha256)


BENCHMARK = Benchmark(
    name="ifbench",
    about="294 prompts with 57 kinds of instructions that a program verifies; test_300: the 300 since April 2026",
    family="instructions",
    licence="ODC-BY-1.0; the verifiers Apache-2.0",
    citation="Pyatkin et al. 2025, Generalizing Verifiable Instruction Following, arXiv 2507.02833",
    splits=Splits(
        {
            "test": _rows(
                "8a66c069755e98b8d0871829751da9fd7b6ce8f0",
                "11c3d683dcc7f4908a4d3cacd05c9a8bbd5484af2f8fde969e7abe2b8bad3e34",
            ),
            "test_300": _rows(
                "cb932e352a505306ad0115272211df14bb8f628f",
                "a2bf7b8e7ed11d39c65b4ec781da8b99663ed0121f97033d70fcecb61f8a9d85",
            ),
        },
        rows={"test": 294, "test_300": 300},
    ),
    prompt="bare",
    solver=SingleTurn(),
    grader=FollowsInstructions("ifbench", IFBENCH_PACKAGE),
    metrics=InstructionMetrics(),
    needs=("problem", "instruction_id_list", "kwargs"),
    helper=VERIFIERS,
)
