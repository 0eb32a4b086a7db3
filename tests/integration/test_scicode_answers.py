"""Answers to a real problem of SciCode in the forms that models give them, graded in the sandbox.

Problem 38 has three steps: cross(a, b), reciprocal_3D(a1, a2, a3), which calls it, and reciprocal(*arg), which calls
both.
"""

from __future__ import annotations

import asyncio
import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from northstar.benchmarks.scicode.grader import SciCodeSteps
from northstar.benchmarks.scicode.harness import MAKE, make_request
from northstar.benchmarks.scicode.rows import to_row
from northstar.benchmarks.scicode.split_tests import split_tests
from northstar.benchmarks.scicode.values import decode, encode
from northstar.core.records import Generation, Row, Turn
from northstar.data.attachments import Attachment, Attachments, keep
from northstar.sandbox.environment import make_environment
from northstar.sandbox.sandbox import Sandbox
from northstar.sandbox.tiers import choose
from northstar.task.grader import SolverContext
from tests.conftest import of_all_workers, one_worker_at_a_time

CROSS = "def cross(a, b):\n    return np.cross(a, b)\n"
WRONG = "def cross(a, b):\n    return np.cross(b, a)\n"
PYTHON = f"```python\n{CROSS}```\n"
BASH = "Install it:\n```bash\npip install numpy\n```\n"
OUTPUT = "It prints:\n```\n[0 0 1]\n```\n"
EXAMPLE = "Example:\n```python\na = np.array([1, 0, 0])\nprint(cross(a, a))\n```\n"
DRAFT = f"```python\n{WRONG}```\nWait, the order is wrong.\n"
HELPED = "def cross(a, b):\n    return product(a, b)\n"
HELPER = "def product(a, b):\n    return np.cross(a, b)\n"

FIRST_STEPS: dict[str, tuple[str, str]] = {
    "right": (PYTHON, "+++"),
    "wrong": (f"```python\n{WRONG}```", "-"),
    "right, then bash": (PYTHON + BASH, "+++"),
    "right, then output": (PYTHON + OUTPUT, "+++"),
    "right, then an example": (PYTHON + EXAMPLE, "+++"),
    "right, then a helper that nobody calls": (PYTHON + "```python\ndef show(x):\n    print(x)\n```", "+++"),
    "wrong, then bash, output and an example": (f"```python\n{WRONG}```\n" + BASH + OUTPUT + EXAMPLE, "-"),
    "a wrong draft, then right": (DRAFT + PYTHON, "+++"),
    "right, then a correction that is wrong": (PYTHON + f"No:\n```python\n{WRONG}```", "-"),
    "right, then parts of it explained": (
        PYTHON + "First:\n```python\ndef cross(a, b):\n    ...\n```",
        "+++",
    ),
    "no fence": (CROSS, "+++"),
    "no fence, with words around": (f"The code:\n\nimport numpy as np\n\n{CROSS}\nThis returns the product.", "+++"),
    "no fence, wrong": (WRONG, "-"),
    "no closing fence": (f"```python\n{CROSS}", "+++"),
    "no closing fence, wrong": (f"```python\n{WRONG}", "-"),
    "a wrong draft, then right without a closing fence": (DRAFT + f"```python\n{CROSS}", "+++"),
    "a fence within the line": (f"Assistant: ```python\n{CROSS}```", "+++"),
    "code before the closing marks": (f"```python\n{CROSS.strip()}```", "+++"),
    "in a list": (f"1. So:\n   ```python\n   {CROSS.replace('    ', '       ')}   ```", "+++"),
    "with Windows line ends": (PYTHON.replace("\n", "\r\n"), "+++"),
    "in a longer fence": (f"````markdown\n{PYTHON}````", "+++"),
    "helper first, in a block of its own": (f"```python\n{HELPER}```\nand\n```python\n{HELPED}```", "+++"),
    "helper last, in a block of its own": (f"```python\n{HELPED}```\nwith\n```python\n{HELPER}```", "+++"),
    "without its helper": (f"```python\n{HELPED}```", "-"),
    "imports first, in a block of their own": (
        "```python\nfrom numpy import cross as product\n```\n" + f"```python\n{HELPED}```",
        "+++",
    ),
    "an import of matplotlib that is not used": (f"```python\nimport matplotlib.pyplot as plt\n{CROSS}```", "+++"),
    "an import of numba that is not used": (f"```python\nfrom numba import njit, prange\n{CROSS}```", "+++"),
    "two imports in one line": (f"```python\nimport numba, math\nx = math.pi\n{CROSS}```", "+++"),
    "an import within the function": (
        "```python\ndef cross(a, b):\n    import matplotlib.pyplot as plt\n    return np.cross(a, b)\n```",
        "+++",
    ),
    "an import that the code expects to fail": (
        "```python\ntry:\n    from numba import njit\nexcept ImportError:\n    def njit(f):\n        return f\n"
        f"@njit\n{CROSS}```",
        "+++",
    ),
    "a future import": (f"```python\nfrom __future__ import annotations\n{CROSS}```", "+++"),
    "numba on the function": (f"```python\nfrom numba import njit\n@njit\n{CROSS}```", "-"),
    "numba on another function": (f"```python\nfrom numba import njit\n@njit\ndef fast(x): ...\n{CROSS}```", "+++"),
    "matplotlib in the function": (
        f"```python\nimport matplotlib.pyplot as plt\n{CROSS.replace('return', 'plt.plot(a, b); return')}```",
        "-",
    ),
    "an example in the block": (f"```python\n{CROSS}\nprint(cross([1, 0, 0], [0, 1, 0]))\n```", "+++"),
    "an example that draws": (
        f"```python\nimport matplotlib.pyplot as plt\n{CROSS}\nplt.plot(cross([1, 0, 0], [0, 1, 0]))\nplt.show()\n```",
        "+++",
    ),
    "an example that fails": (f"```python\n{CROSS}\nprint(cross([1], [0, 1, 0]))\n```", "+++"),
    "an example that asks": (f"```python\n{CROSS}\ninput('Again? ')\n```", "+++"),
    "a main guard that exits": (
        f"```python\nimport sys\n{CROSS}\nif __name__ == '__main__':\n    sys.exit(0)\n```",
        "+++",
    ),
    "no Python": ("```python\ndef cross(a, b)\n    return np.cross(a, b)\n```", "-"),
    "hostile nesting": (f"```python\n{CROSS}\nx = {'(' * 5000}\n```", "-"),
    "a hostile chain": (f"```python\nx = {'-' * 100_000}1\n{CROSS}```", "-"),
}
"""Answers to the first step, and which of the three steps then pass; '-' says that the first does not."""

BROKEN_FIRST_STEPS = {
    "uses numba": "```python\nfrom numba import njit\n@njit\ndef unused(x): ...\n@njit\n" + CROSS + "```",
    "is no Python": "```python\ndef cross(a, b)\n```",
    "raises": "```python\nimport matplotlib.pyplot as plt\nplt.show()\nraise ValueError\n```",
    "is cut off": f"```python\n{CROSS}    x = (1 +",
}
ALONE = "def reciprocal_3D(a1, a2, a3):\n    cross = np.cross\n"
"""The beginning of a second step that doesn't need the first."""


@pytest.fixture(scope="session")
def problem(shared_data: Path) -> dict[str, Any]:
    lines = (shared_data / "scicode/problems_dev.jsonl").read_text().splitlines()
    return next(each for each in map(json.loads, lines) if each["problem_id"] == "38")


async def _row(problem: dict[str, Any], sandbox: Sandbox, folder: Path) -> Row:
    """The problem's row, with the targets that its reference solutions make."""
    row = to_row(problem, 0)
    before = [row["dependencies"]]
    for step, source in zip(row["sub_steps"], problem["sub_steps"], strict=True):
        code = source["ground_truth_code"]
        made = await sandbox.run(MAKE, make_request(code, split_tests(step["tests"]).making, before))
        assert made.status == "ok", made.error
        content = encode([values[0] for values in decode(made.output)])
        step["targets"] = keep(Attachment(step["step"], partial(bytes, content)), folder, "scicode")
        before.append(code)
    return row


@pytest.fixture
def found(
    problem: dict[str, Any], tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[dict[str, str]]]:
    """The statuses of the three steps for each answer to the first, in one run of them all."""
    references = [step["ground_truth_code"] for step in problem["sub_steps"]]
    alone = references[1].replace("def reciprocal_3D(a1,a2,a3):\n", ALONE)
    assert alone.startswith(ALONE)

    async def grade() -> dict[str, list[dict[str, str]]]:
        tier = await choose("auto", make_environment())
        async with Sandbox(tier.name, 2, tier.interpreter) as sandbox:
            row = await _row(problem, sandbox, tmp_path)
            context = SolverContext(compute=None, sandbox=sandbox, attachments=Attachments(tmp_path))  # type: ignore[arg-type]

            async def one(first: str, second: str) -> list[dict[str, str]]:
                answers = [first, f"```python\n{second}\n```", f"```python\n{references[2]}\n```"]
                turns = [Turn(name=f"38.{n}", generation=text) for n, text in enumerate(answers, 1)]
                grade = await SciCodeSteps()(row, Generation(generation="", turns=turns), context)
                statuses: list[dict[str, str]] = grade["eval_status"]
                return statuses

            answers = {name: (first, references[1]) for name, (first, _) in FIRST_STEPS.items()}
            answers |= {name: (first, alone) for name, first in BROKEN_FIRST_STEPS.items()}
            grades = await asyncio.gather(*(one(*each) for each in answers.values()))
            return dict(zip(answers, grades, strict=True))

    kept = of_all_workers(tmp_path_factory) / "scicode-answers.json"
    with one_worker_at_a_time(kept):
        if not kept.exists():
            kept.write_text(json.dumps(asyncio.run(grade())))
    statuses: dict[str, list[dict[str, str]]] = json.loads(kept.read_text())
    return statuses


@pytest.mark.shared_data
@pytest.mark.xdist_group("answers")
@pytest.mark.parametrize("name", FIRST_STEPS)
def test_the_code_that_a_person_would_take_is_graded(name: str, found: dict[str, list[dict[str, str]]]) -> None:
    passed = "".join("+" if step["process_status"] == "completed" else "-" for step in found[name])
    assert passed.startswith(FIRST_STEPS[name][1]), found[name]


@pytest.mark.shared_data
@pytest.mark.xdist_group("answers")
@pytest.mark.parametrize("name", BROKEN_FIRST_STEPS)
def test_what_is_wrong_in_a_step_fails_no_later_one_that_does_not_use_it(
    name: str, found: dict[str, list[dict[str, str]]]
) -> None:
    assert [step["process_status"] for step in found[name]][:2] == ["error", "completed"], found[name]


@pytest.mark.shared_data
@pytest.mark.xdist_group("answers")
@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("numba on the function", "ModuleNotFoundError: No module named 'numba'"),
        ("matplotlib in the function", "ModuleNotFoundError: No module named 'matplotlib'"),
        ("without its helper", "NameError: name 'product' is not defined"),
        ("raises", "ModuleNotFoundError: No module named 'matplotlib'"),
        ("wrong", "wrong answer"),
    ],
)
def test_the_reason_is_why_the_name_is_missing(name: str, error: str, found: dict[str, list[dict[str, str]]]) -> None:
    assert found[name][0]["error"] == error
