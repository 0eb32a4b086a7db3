"""The program is told from examples of its use; it is what LiveCodeBench's own reading takes where that is one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from northstar.benchmarks.livecodebench.likeness import program_likeness
from northstar.graders.extract_code import extract_code

READING = [
    "print(sum(map(int, input().split())))",
    "import sys\nsys.stdout.write(sys.stdin.read())",
    "for line in open(0):\n    print(line)",
    "import os\nos.write(1, os.read(0, 100))",
    "import fileinput\nprint(*fileinput.input())",
    "from sys import stdin, stdout\nstdout.write(stdin.readline())",
    "say = print\nsay(int(input()))",
    "print(\n    input(),\n)",
]


@pytest.mark.parametrize("code", READING)
def test_a_script_reads_and_writes(code: str) -> None:
    assert program_likeness(None)(code) == 3


@pytest.mark.parametrize(
    ("code", "like"),
    [
        ("print(solve([1, 2, 3]))", 1),
        ("n = int(input())\n...\nprint(n)", 2),
        ("3\n4 5\n", 0),
        ("def solve(x):\n    return x", 0),
        ("n = int(input())", 0),
        ("Input: 3\nOutput: 4", 0),
        ("python main.py < input.txt", 0),
    ],
)
def test_what_does_not_read_and_write_is_less_like_a_script(code: str, like: int) -> None:
    assert program_likeness(None)(code) == like


@pytest.mark.parametrize(
    ("code", "like"),
    [
        ("class Solution:\n    def add(self, a): return a", 2),
        ("def add(a): return a", 2),
        ("def add(a):\n    # ... the same\n    return a", 1),
        ("def add(a):\n    ...\n    return a", 1),
        ("class Solution:\n    def addAll(self, a): return a", 0),
        ("print(Solution().add(1))", 0),
    ],
)
def test_a_method_is_defined(code: str, like: int) -> None:
    assert program_likeness("add")(code) == like


PROGRAM = "n = int(input())\nprint(n + 1)\n"
PARTS = st.sampled_from(
    [
        "Prose.\n",
        "Inline ```x``` code.\n",
        "```\n",
        "stray ```\n",
        "``` stray\n",
        "~~~\n",
        "```text\n1 2\n```\n",
        "```python\nprint(3)\n```\n",
        f"```python\n{PROGRAM.replace('1', '2')}```\n",
        f"```python\n{PROGRAM.replace('1', '2')}",
        "```cpp\nint main() { std::cin >> n; }\n```\n",
        "1. A list:\n   ```\n   x\n   ```\n",
    ]
)
OPENINGS = st.sampled_from(
    [
        "```\n",
        "```python\n",
        "```Python3\n",
        "``` python\n",
        "So: ```py\n",
        "```solution\n",
        "So ``` is it:\n",
    ]
)
CLOSINGS = st.sampled_from(
    ["```", "```\n", "```\nProse.", "   ```", "``` Done.", "```python", "     ``` Done.", "That is it: ```"]
)


@given(st.lists(PARTS, max_size=6), OPENINGS, CLOSINGS)
def test_the_program_that_livecodebench_takes_is_taken(parts: list[str], opening: str, closing: str) -> None:
    text = f"{''.join(parts)}{opening}{PROGRAM}{closing}"
    assert extract_code(text, program_likeness(None)) == PROGRAM
