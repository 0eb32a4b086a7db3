"""BFCL v3: grading all references, beside the official checkers alone; and a whole run, beside its critical path.

python -m bench.bfcl [DATA]; DATA: a data folder in which bfcl_v3 is prepared, else it is prepared for the bench.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
from tests.benchmarks.bfcl_v3.reference import Call, reference_turns
from tests.benchmarks.bfcl_v3.replay import rows_of
from tests.mock_server.process import mock_process

from bench.measure import ROOT, run
from northstar.api.prepare import prepare_data
from northstar.benchmarks.bfcl_v3 import BENCHMARK, ENVIRONMENT
from northstar.benchmarks.bfcl_v3.grader import OfficialCheck
from northstar.benchmarks.bfcl_v3.tools import tools_of
from northstar.compute.pool import ComputePool, worker_elsewhere
from northstar.core.records import Generation, Step
from northstar.data.environment import environment_folder, python_of
from northstar.task.grader import SolverContext

DELAY, AT_ONCE = 0.2, 512
GOAL_GRADING, GOAL_RUN = 15.0, 1.2

ALONE = """
import importlib.util, json, sys, time
spec = importlib.util.spec_from_file_location("official", sys.argv[1])
official = importlib.util.module_from_spec(spec)
spec.loader.exec_module(official)
official.prepare()
questions = [json.loads(line) for line in sys.stdin]
begun = time.perf_counter()
for function, arguments in questions:
    getattr(official, function)(*arguments)
print(time.perf_counter() - begun)
"""


def main() -> None:
    with tempfile.TemporaryDirectory(dir=os.environ.get("NORTHSTAR_BENCH_DIR")) as folder:
        data = Path(sys.argv[1]).absolute() if len(sys.argv) > 1 else Path(folder)
        prepare_data("bfcl_v3", data_dir=data)
        rows = rows_of(data / "bfcl_v3/test.jsonl")
        _grading(rows, python_of(environment_folder(ENVIRONMENT, data)))
        _whole_run(rows, data, Path(folder))


def _grading(rows: list[dict[str, Any]], python: Path) -> None:
    generations = [_generation(row) for row in rows]
    begun = time.perf_counter()
    right, questions = asyncio.run(_graded(rows, generations, python))
    seconds = time.perf_counter() - begun
    assert BENCHMARK.helper is not None
    alone = subprocess.run(
        [python, "-c", ALONE, BENCHMARK.helper.file],
        input="".join(json.dumps(question) + "\n" for question in questions),
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    print(
        f"grading {len(rows):,} references ({right:,} right) in 2 processes, their start included: {seconds:.1f} s "
        f"(goal {GOAL_GRADING:g} s); the official checkers alone, in one process, imported: {float(alone.stdout):.1f} s"
    )


async def _graded(
    rows: list[dict[str, Any]], generations: list[Generation], python: Path
) -> tuple[int, list[tuple[str, Any]]]:
    """How many are right, and what the checkers were asked."""
    assert BENCHMARK.helper is not None
    questions: list[tuple[str, Any]] = []
    async with ComputePool(2, worker_elsewhere(python, BENCHMARK.helper.file)) as pool:

        class Noting:
            async def call(self, function: str, *arguments: Any, timeout: float) -> Any:
                questions.append((function.partition(":")[2], arguments))
                return await pool.call(function, *arguments, timeout=timeout)

        solver_context, grader = SolverContext(compute=pool, helper=Noting()), OfficialCheck()
        grades = await asyncio.gather(
            *(grader(row, generation, solver_context) for row, generation in zip(rows, generations, strict=True))
        )
    return sum(bool(grade["correct"]) for grade in grades), questions


def _generation(row: dict[str, Any]) -> Generation:
    turns = reference_turns(row)
    if "involved_classes" not in row:
        return Generation(generation="", tool_calls=_calls(turns[0]))
    steps = [Step(turn=turn, generation="", tool_calls=_calls(calls)) for turn, calls in enumerate(turns)]
    return Generation(generation="", steps=[step for step in steps if step.turn < len(row["question"])])


def _calls(calls: list[Call]) -> list[dict[str, Any]]:
    return [{"id": "", "name": name, "arguments": json.dumps(arguments)} for name, arguments in calls]


def _whole_run(rows: list[dict[str, Any]], data: Path, folder: Path) -> None:
    """The least time: all requests over the slots, or the longest entry, whose questions follow each other."""
    requests = [_requests(row) for row in rows]
    least = DELAY * max(sum(requests) / AT_ONCE, max(requests))
    options = ("--delay", str(DELAY), "--replay", str(data / "bfcl_v3/test.jsonl"))
    with mock_process(*options) as server:
        bare = asyncio.run(_bare(server.address, rows, requests))
        cost = run(
            "eval", "--benchmarks=bfcl_v3", f"--output_dir={folder}/out", f"--data_dir={data}", "--model=mock",
            f"--server_address={server.address}", "++use_client_parsing=False",
            f"++max_concurrent_requests={AT_ONCE}",
            PYTHONDONTWRITEBYTECODE="",  # as where it is installed: compiled beforehand
        )  # fmt: skip
    asking = _asking(folder / "out/eval-results/bfcl_v3/output.jsonl")
    print(
        f"whole run, {sum(requests):,} requests of {DELAY:g} s, {AT_ONCE} at once: {cost.wall:.1f} s, of which from "
        f"the first request to the last answer {asking:.1f} s; critical path {least:.1f} s: {asking / least:.2f} times "
        f"(goal {GOAL_RUN:g}); a bare client that sends as many requests with the same tools: {bare:.1f} s, "
        f"{bare / least:.2f} times; CPU of ns {cost.cpu:.1f} s"
    )


async def _bare(address: str, rows: list[dict[str, Any]], requests: list[int]) -> float:
    """Seconds of a client that knows what to send and looks at no answer: each row's first question, so many times."""
    slots = asyncio.Semaphore(AT_ONCE)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def ask(row: dict[str, Any], times: int) -> None:
            async with slots:
                tools = tools_of(row["function"], row["category"])
                body = msgspec.json.encode({"model": "mock", "messages": row["question"][0], "tools": tools})
                for _ in range(times):
                    async with session.post(f"{address}/chat/completions", data=body) as response:
                        await response.read()

        begun = time.perf_counter()
        await asyncio.gather(*(ask(row, times) for row, times in zip(rows, requests, strict=True)))
        return time.perf_counter() - begun


def _requests(row: dict[str, Any]) -> int:
    """Of a conversation, a turn with calls takes two."""
    turns = reference_turns(row)[: len(row["question"])]
    return 1 if "involved_classes" not in row else sum(2 if calls else 1 for calls in turns)


def _asking(output: Path) -> float:
    times = [json.loads(line) for line in output.read_text().splitlines()]
    return float(
        max(record["generation_end_time"] for record in times)
        - min(record["generation_start_time"] for record in times)
    )


if __name__ == "__main__":
    assert ROOT.is_dir()
    main()
