"""IFEval: prompts with 25 kinds of verifiable instructions (Zhou et al. 2023, arXiv 2311.07911)."""

from __future__ import annotations

from northstar.data.source import HubFile
from northstar.graders.instructions.grader import FollowsInstructions
from northstar.graders.instructions.rows import instructed
from northstar.graders.instructions.verifiers import IFEVAL_PACKAGE, VERIFIERS
from northstar.metrics.instructions import InstructionMetrics
from northstar.solvers.single_turn import SingleTurn
from northstar.task.benchmark import Benchmark, Splits

ROWS = HubFile(
    "google/IFEval",
    "ifeval_input_data.jsonl",
    revision="966cd89545d6b6acfd7638bc708b98261ca58e84",
    to_row=instructed,
    sha256="6a85310ca8ce15eff755aa08a3a4ff931c7e273e7515ebb3c492ea85fd8288f2",
)

BENCHMARK = Benchmark(
    name="ifeval",
    about="541 prompts with 25 kinds of instructions that a program verifies",
    family="instructions",
    licence="Apache-2.0",
    citation="Zhou et al. 2023, Instruction-Following Evaluation for Large Language Models, arXiv 2311.07911",
    splits=Splits({"test": ROWS}, rows={"test": 541}),
    prompt="bare",
    solver=SingleTurn(),
    grader=FollowsInstructions("ifeval", IFEVAL_PACKAGE),
    metrics=InstructionMetrics(),
    needs=("problem", "instruction_id_list", "kwargs"),
    helper=VERIFIERS,
)
