"""HumanEval's own solutions pass, mutated ones fail, on the real rows; further inputs are invented here."""

from __future__ import annotations

import ast
import asyncio
import gzip
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import pytest

from northstar.benchmarks.programs.human_eval import to_row
from northstar.core.records import Generation, Grade, Row
from northstar.data.attachments import Attachments
from northstar.graders.functions.grader import FunctionTests
from northstar.sandbox.sandbox import Sandbox
from northstar.sandbox.tiers import choose
from northstar.task.grader import Compute, SolverContext

Plus = Mapping[str, Any]


class Kept:
    """Stands for the attachments: a row's further inputs lie in the row."""

    def read(self, reference: Any) -> bytes:
        return json.dumps(reference).encode()


def graded(answers: Sequence[tuple[Row, str]], workers: int = 2) -> list[Grade]:
    async def main() -> list[Grade]:
        tier = await choose("auto")
        async with Sandbox(tier.name, workers, tier.interpreter) as sandbox:
            parts = SolverContext(cast(Compute, None), sandbox=sandbox, attachments=cast(Attachments, Kept()))
            grader = FunctionTests()
            return list(
                await asyncio.gather(*(grader(row, Generation(generation=text), parts) for row, text in answers))
            )

    return asyncio.run(main())


def fenced(code: str) -> str:
    return f"Here it is:\n```python\n{code}\n```"


def plus(reference: str, inputs: list[Any], **others: Any) -> Plus:
    return {"set": "humaneval", "shape": "", "tolerance": 0, "reference": reference, "inputs": inputs, **others}


@pytest.fixture(scope="module")
def lines(shared_data: Path) -> list[dict[str, Any]]:
    content = gzip.decompress((shared_data / "human-eval/HumanEval.jsonl.gz").read_bytes())
    return [json.loads(line) for line in content.splitlines()]


def row_of(line: dict[str, Any]) -> Row:
    """A row with no further inputs."""
    return {**to_row(line, 0), "plus": plus(line["prompt"] + line["canonical_solution"], [])}


@pytest.mark.slow
def test_every_canonical_solution_passes(lines: list[dict[str, Any]]) -> None:
    found = graded([(row_of(line), fenced(line["prompt"] + line["canonical_solution"])) for line in lines])
    failed = {line["task_id"]: dict(grade) for line, grade in zip(lines, found, strict=True) if "test_error" in grade}
    assert (len(found), failed) == (164, {})


@pytest.mark.slow
def test_every_solution_that_returns_something_else_fails(lines: list[dict[str, Any]]) -> None:
    found = graded([(row_of(line), fenced(mutated(line))) for line in lines])
    passed = [line["task_id"] for line, grade in zip(lines, found, strict=True) if grade["passing_base_tests"]]
    assert (len(found), passed) == (164, [])


def mutated(line: dict[str, Any]) -> str:
    """The canonical solution, but what the function returns is put into a list."""
    tree = ast.parse(line["prompt"] + line["canonical_solution"])
    asked = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == line["entry_point"]][-1]
    asked.name = "right"
    wrapped = f"\n\ndef {line['entry_point']}(*given):\n    return [right(*given), None]\n"
    return ast.unparse(tree).replace(f"{line['entry_point']}(", "right(") + wrapped


DOUBLE = 'def double(x):\n    """Double it."""\n'
EQUAL = "class Equal:\n    def __eq__(self, other):\n        return True\n"
ROW: Row = {
    "id": "HumanEval/999",
    "problem": DOUBLE,
    "function": "double",
    "given": DOUBLE,
    "tests": "def check(candidate):\n    assert candidate(2) == 4\n\ncheck(double)\n",
    "plus": plus(f"{DOUBLE}    return x + x\n", [[0], [3], ["a"], [[1]]]),
}


def verdicts(answer: str, row: Row = ROW) -> tuple[bool, bool]:
    grade = graded([(row, answer)], workers=1)[0]
    return grade["passing_base_tests"], grade["passing_plus_tests"]


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("def double(x):\n    return x * 2\n", (True, True)),
        ("    return x + x\n", (True, True)),  # the rest of the function alone
        ("def double(x):\n    return 4\n", (True, False)),
        ("def double(x):\n    return x * 2 if x else None\n", (True, False)),
        ("def double(x):\n    return x ** 3\n", (False, False)),
        ("def double(x)\n    return x\n", (False, False)),
        ("import sys\ndef double(x):\n    sys.exit(0)\n", (False, False)),
        ("def double(x):\n    if x != 2:\n        raise SystemExit\n    return 4\n", (True, False)),
        ("def double(x):\n    print('passed')\n    return x\n", (False, False)),
        (f"{EQUAL}def double(x):\n    return Equal()\n", (True, False)),
        (
            "def double(x):\n    return x * 2\nif __name__ == '__main__':\n    print(double(int(input())))\n",
            (True, True),
        ),
    ],
)
def test_base_tests_and_further_inputs_decide(code: str, found: tuple[bool, bool]) -> None:
    assert verdicts(fenced(code)) == found


@pytest.mark.parametrize(
    "cheat",
    [
        "import os\nfor place in range(3, 12):\n    try:\n        os.write(place, b'passed')\n    except OSError:\n"
        "        pass\nos._exit(0)\n",
        "import os\nos.write(4, b'\"loaded\"')\nos._exit(0)\n",
        "import builtins\nbuiltins.exec = builtins.compile = lambda *given, **named: None\n",
        "import sys\nfor depth in range(6):\n    given = sys._getframe(depth).f_locals.get('request')\n"
        "    if given is not None:\n        given['tests'] = ''\n",
        "import sys\nfor depth in range(6):\n"
        "    sys._getframe(depth).f_globals.update(staged=print, TESTED='passed', exec=print, compile=print)\n",
    ],
    ids=["writes and exits", "says that it is loaded", "replaces built-ins", "empties the tests", "replaces names"],
)
def test_no_answer_passes_by_what_it_does_before_its_tests(cheat: str) -> None:
    assert verdicts(fenced(f"{cheat}def double(x):\n    return None\n")) == (False, False)


@pytest.mark.parametrize(
    "cheat",
    [
        "import os, sys\n    os.write(4, b'\"tested\"')\n    os._exit(0)",
        "import sys\n    sys.exit(0)",
        "import os\n    token = os.pread(0, 10000, 0)\n    os.write(4, token)\n    os._exit(0)",
    ],
    ids=["says that it is tested", "exits", "repeats what it was given"],
)
def test_no_answer_passes_by_what_it_does_in_its_tests(cheat: str) -> None:
    grade = graded([(ROW, fenced(f"def double(x):\n    {cheat}\n"))])[0]
    assert (grade["passing_base_tests"], grade["test_error"]) == (False, "it ended before its tests did")


def test_a_thread_that_goes_on_fails_no_tests() -> None:
    thread = "import threading, time\nthreading.Thread(target=time.sleep, args=(600,)).start()\n"
    assert verdicts(fenced(f"{thread}def double(x):\n    return x * 2\n")) == (True, True)


def test_classes_of_an_answer_find_their_module() -> None:
    code = "from dataclasses import dataclass\n@dataclass\nclass A:\n    b: 'int'\n"
    assert verdicts(fenced(f"{code}def double(x):\n    return A(x).b * 2\n")) == (True, True)


def test_an_answer_without_code_passes_nothing() -> None:
    assert graded([(ROW, "I can't.")])[0] == {
        "completion": None,
        "passing_base_tests": False,
        "passing_plus_tests": False,
        "test_error": "no code",
    }


def test_what_was_given_before_the_function_is_there_for_it() -> None:
    given = f"import math\n\ndef helper(x):\n    return 2 * x\n\n{DOUBLE}"
    assert verdicts(fenced("def double(x):\n    return helper(x)\n"), {**ROW, "given": given}) == (True, True)


@pytest.mark.parametrize(
    ("result", "tolerance", "same"),
    [("0.1 + 0.2", 0, True), ("0.31", 0, False), ("0.31", 0.1, True), ("1", 0, False), ("[0.3]", 0, False)],
)
def test_floats_are_compared_as_evalplus_does(result: str, tolerance: float, same: bool) -> None:
    row = {**ROW, "tests": "", "plus": plus("def double(x):\n    return 0.3\n", [[1]], tolerance=tolerance)}
    assert verdicts(fenced(f"def double(x):\n    return {result}\n"), row) == (True, same)


def test_arguments_have_the_types_that_the_problem_is_about() -> None:
    reference = "def double(x):\n    return sorted(map(type, x), key=str)\n"
    row = {**ROW, "tests": "", "plus": plus(reference, [[[[1], [2]]]], set="mbpp", shape="lists of tuples")}
    code = "def double(x):\n    assert x == [(1,), (2,)]\n    return [str(each) for each in x]\n"
    same = {**row["plus"], "reference": "def double(x):\n    return ['(1,)', '(2,)']\n"}
    assert verdicts(fenced(code), {**row, "plus": same}) == (True, True)
