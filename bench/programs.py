"""Grades programs in the sandbox as a run does, and by LiveCodeBench's own grader, which isolates nothing.

    python -m bench.programs [--official FOLDER] [--workers 2] [--tier auto]

FOLDER is a checkout of github.com/LiveCodeBench/LiveCodeBench (it needs NumPy alone for this); without it only ours is
measured. The programs: 200 of 20 trivial tests each, in turns with the official grader, so that both meet the same
machine; then one of each kind that passes, fails, is slow or breaks, whose verdicts must be the same.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from northstar.benchmarks.livecodebench.code_tests import SETUP
from northstar.benchmarks.livecodebench.compare_output import same_output, same_value
from northstar.sandbox.environment import make_environment
from northstar.sandbox.program import Limits, Outcome, Program
from northstar.sandbox.sandbox import Sandbox
from northstar.sandbox.tiers import choose

PROGRAMS, TESTS, ROUNDS = 200, 20, 3
TIMEOUT = 2
"""Seconds a test, of both graders; short, so that the slow programs end soon."""


@dataclass(frozen=True)
class Job:
    """One program and its tests. call: the function of a functional problem."""

    name: str
    code: str
    tests: Sequence[tuple[str, str]]
    call: str | None = None

    @property
    def sample(self) -> dict[str, str]:
        """As the official grader takes the tests."""
        inputs, outputs = [test[0] for test in self.tests], [test[1] for test in self.tests]
        return {"input_output": json.dumps({"inputs": inputs, "outputs": outputs, "fn_name": self.call})}


SUMS = [(f"{n} {n + 1}\n", f"{2 * n + 1}\n") for n in range(TESTS)]
LISTS = [(f"[{n}, {n + 1}]\n{n}", json.dumps([n, 2 * n + 1])) for n in range(TESTS)]
TRIVIAL = [Job(f"trivial {n}", f"a, b = map(int, input().split())\nprint(a + b)  # {n}", SUMS) for n in range(PROGRAMS)]

ADD = "a, b = map(int, input().split())\n"
MAIN = f"def main():\n    {ADD.strip()}\n    print(a + b)\nif __name__ == '__main__':\n    main()"
METHOD = "class Solution:\n    def add(self, nums: List[int], k: int) -> List[int]:\n        "
KINDS = [
    Job("right", ADD + "print(a + b)", SUMS),
    Job("right, by a main function", MAIN, SUMS),
    Job("right, reads all of stdin", "import sys\nprint(sum(map(int, sys.stdin.read().split())))", SUMS),
    Job(
        "right, reads lines",
        "import sys\nprint(sum(int(x) for line in sys.stdin.readlines() for x in line.split()))",
        SUMS,
    ),
    Job("right, ends by exit()", ADD + "print(a + b)\nexit()", SUMS),
    Job("right as a decimal", ADD + "print(f'{a + b}.00')", SUMS),
    Job("right with blanks around", ADD + "print(f'  {a + b} \\n')", SUMS),
    Job("right with what the grader imports", "print(reduce(add, map(int, input().split())))", SUMS),
    Job("right, deeply recursive", ADD + "def f(n): return n and 1 + f(n - 1)\nprint(a + b + f(5000) - 5000)", SUMS),
    Job("wrong at once", ADD + "print(a - b)", SUMS),
    Job("wrong at the last", ADD + f"print(a + b + (a == {TESTS - 1}))", SUMS),
    Job("wrong, prints too much", ADD + "print(a + b)\nprint('debug')", SUMS),
    Job("wrong, prints nothing", ADD, SUMS),
    Job("wrong, ends by exit() before", "exit()", SUMS),
    Job("slow at once", "while True: pass", SUMS),
    Job("slow at the fifth", ADD + "while a == 5: pass\nprint(a + b)", SUMS),
    Job("slow asleep", "import time\ntime.sleep(60)", SUMS),
    Job("crashes", ADD + "print((a + b) // (a - 7))", SUMS),
    Job("crashes by recursion", "def f(): return f()\nf()", SUMS),
    Job("crashes by a segfault", "import ctypes\nctypes.string_at(0)", SUMS),
    Job("is no Python", "print('a'", SUMS),
    Job("method: right", METHOD + "return [nums[0], sum(nums)]", LISTS, "add"),
    Job("method: right as a tuple", METHOD + "return (nums[0], sum(nums))", LISTS, "add"),
    Job(
        "method: right, changes its input",
        METHOD + "nums.sort(); nums.append(9); return [nums[0], sum(nums) - 9]",
        LISTS,
        "add",
    ),
    Job("method: right, prints", METHOD + "print(nums); return [nums[0], sum(nums)]", LISTS, "add"),
    Job("method: wrong", METHOD + "return [nums[0]]", LISTS, "add"),
    Job("method: wrong type", METHOD + "return {nums[0]}", LISTS, "add"),
    Job("method: returns nothing", METHOD + "pass", LISTS, "add"),
    Job("method: slow", METHOD + "\n        while True: pass", LISTS, "add"),
    Job("method: crashes", METHOD + "return nums[5]", LISTS, "add"),
    Job("method: has another name", METHOD.replace("add", "sum"), LISTS, "add"),
]

OFFICIAL = """
import contextlib, json, os, sys
sys.path.insert(0, sys.argv[1])
from lcb_runner.evaluation.compute_code_generation_metrics import evaluate_generations
import time
nowhere = open(os.devnull, "w")
for line in sys.stdin:
    told = json.loads(line)
    options = {"num_process_evaluate": told["workers"], "timeout": told["timeout"]}
    began = time.perf_counter()
    with contextlib.redirect_stdout(nowhere):
        results, _ = evaluate_generations(told["samples"], told["codes"], **options)
    seconds = time.perf_counter() - began
    found = [results[number][0] for number in range(len(results))]
    passed = [bool(each) and all(one is True or one == 1 for one in each) for each in found]
    print(json.dumps({"seconds": seconds, "passed": passed}), flush=True)
"""


class Official:
    """LiveCodeBench's own grader, in a process of its own."""

    def __init__(self, folder: Path, workers: int) -> None:
        self._workers = workers
        self._process = subprocess.Popen(
            [sys.executable, "-c", OFFICIAL, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def grade(self, jobs: Sequence[Job]) -> tuple[list[bool], float]:
        """Which jobs pass, and the seconds it took."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        told = {"samples": [job.sample for job in jobs], "codes": [[job.code] for job in jobs]}
        print(json.dumps({**told, "workers": self._workers, "timeout": TIMEOUT}), file=self._process.stdin, flush=True)
        said = json.loads(self._process.stdout.readline())
        return said["passed"], said["seconds"]

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


async def grade(sandbox: Sandbox, jobs: Sequence[Job]) -> tuple[list[bool], float]:
    """The same in the sandbox: outputs are compared outside of it, as a run does."""

    async def one(job: Job) -> bool:
        same = same_output if job.call is None else same_value

        async def passes(number: int, outcome: Outcome) -> bool:
            return same(outcome.output.decode("utf-8", "replace"), job.tests[number][1])

        def inputs() -> Iterator[bytes]:
            return (test[0].encode() for test in job.tests)

        program = Program(code=job.code, call=job.call, setup=SETUP)
        limits = Limits(cpu_seconds=TIMEOUT, wall_seconds=2 * TIMEOUT + 3)
        outcomes = await sandbox.run_tests(program, inputs(), limits, passes)
        whole = len(outcomes) == len(job.tests) and outcomes[-1].status == "ok"
        return whole and await passes(len(outcomes) - 1, outcomes[-1])

    began = time.perf_counter()
    passed = await asyncio.gather(*(one(job) for job in jobs))
    return list(passed), time.perf_counter() - began


async def measure(official: Official | None, workers: int, wanted: str) -> None:
    tier = await choose(wanted, make_environment(print))
    print(
        f"sandbox: {tier.description}; {workers} workers; {PROGRAMS} programs of {TESTS} trivial tests, {ROUNDS} rounds"
    )
    async with Sandbox(tier.name, workers, tier.interpreter) as sandbox:
        await grade(sandbox, TRIVIAL[: 2 * workers])  # starts the fork servers
        rates: dict[str, list[float]] = {"official": [], "sandbox": []}
        for _ in range(ROUNDS):
            if official is not None:
                rates["official"].append(_rate(*official.grade(TRIVIAL[:60])))
            rates["sandbox"].append(_rate(*await grade(sandbox, TRIVIAL)))
        for name, each in rates.items():
            if each:
                rate = statistics.median(each)
                print(f"{name:9} {rate:7.1f} programs/s, {TESTS * rate:7.0f} tests/s")
        if official is not None:
            pairs = zip(rates["sandbox"], rates["official"], strict=True)
            print(
                f"{statistics.median(ours / theirs for ours, theirs in pairs):.1f} times as many (median of the rounds)"
            )
        ours, _ = await grade(sandbox, KINDS)
        theirs = official.grade(KINDS)[0] if official is not None else ours
        different = [job.name for job, one, other in zip(KINDS, ours, theirs, strict=True) if one != other]
        print(f"{len(KINDS)} kinds of programs, {sum(ours)} right: {len(different)} verdicts differ {different or ''}")
        wrong = [job.name for job, passed in zip(KINDS, ours, strict=True) if passed != ("right" in job.name)]
        print(f"verdicts that are not what the kind's name says: {wrong or 'none'}")
        await _one_slow_program_keeps_nobody_waiting(sandbox, workers)


async def _one_slow_program_keeps_nobody_waiting(sandbox: Sandbox, workers: int) -> None:
    """Seconds for the trivial programs alone, and beside one program that is slow in its only test."""
    _, alone = await grade(sandbox, TRIVIAL)
    slow = asyncio.ensure_future(grade(sandbox, [KINDS[[job.name for job in KINDS].index("slow asleep")]]))
    await asyncio.sleep(0.1)
    _, beside = await grade(sandbox, TRIVIAL)
    await slow
    print(
        f"{PROGRAMS} programs alone {alone:.2f} s, with one of the {workers} places taken by a slow one {beside:.2f} s"
    )


def _rate(passed: Sequence[bool], seconds: float) -> float:
    assert all(passed)
    return len(passed) / seconds


def main(words: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--official", type=Path)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--tier", default="auto")
    options: Any = parser.parse_args(words)
    official = Official(options.official, options.workers) if options.official else None
    try:
        asyncio.run(measure(official, options.workers, options.tier))
    finally:
        if official is not None:
            official.close()


if __name__ == "__main__":
    main()
