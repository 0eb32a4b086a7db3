"""Compares 2,000 pairs of MATH-500 answers as a run does, and by math-verify alone.

    python bench/compare_answers.py [DATA] [--workers 2]

DATA is a folder with math-500/test.jsonl; by default NORTHSTAR_TEST_DATA, else the folder ../shared/data beside the
repository. The pairs: each of the 500 answers against itself, against another way to write it, and against the answers
of two other rows. The first line of the table includes the start of the workers; math-verify alone parses every text
once, like the workers, and its import isn't counted.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import re
import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from northstar.compute.pool import ComputePool
from northstar.graders.math.compare import same_answer_quickly
from northstar.task.grader import ComputeError

_DOLLAR = re.compile(r"(?<!\\)\$")

Pair = tuple[str, str]
LIMIT_SECONDS = 10

REWRITINGS: list[Callable[[str], str]] = [
    lambda text: text.replace("\\frac", "\\dfrac"),
    lambda text: text.replace(" ", ""),
    lambda text: f"${text}$",
    lambda text: re.sub(r"(?<!\\left)\(", r"\\left(", re.sub(r"(?<!\\right)\)", r"\\right)", text)),
    lambda text: re.sub(r"\\d?frac\{(\d+)\}\{(\d+)\}", r"\1/\2", text),
    lambda text: re.sub(r"([+\-,=])", r" \1 ", text),
    lambda text: f"{text}.0" if re.fullmatch(r"-?\d+", text) else text.replace("^\\circ", " \\text{ degrees}"),
    lambda text: f"{text} \\text{{ shards}}",
    lambda text: f"{int(text):,}" if re.fullmatch(r"-?\d+", text) else text.replace("\\text", "\\mathrm"),
    lambda text: f"x = {text}",
]


def main() -> None:
    """Print the table, or say in a sentence what is missing."""
    arguments = _arguments()
    answers = _answers(arguments.data)
    pairs = build_pairs(answers)
    reference, alone_seconds = _alone(pairs)
    verdicts, seconds, quick = asyncio.run(_as_a_run_does(pairs, arguments.workers))
    different = [
        (*pair, verdict) for pair, verdict, alone in zip(pairs, verdicts, reference, strict=True) if verdict != alone
    ]
    ours = f"fast path and {arguments.workers} workers, started for this"
    print(f"{'':44} | pairs | wall s | verdicts that differ")
    print(f"{ours:44} | {len(pairs):5} | {seconds:6.2f} | {len(different)}")
    print(f"{'math-verify alone, one process, import apart':44} | {len(pairs):5} | {alone_seconds:6.2f} | -")
    print(f"\n{quick} of {len(pairs)} pairs were decided without algebra; {alone_seconds / seconds:.1f} times as fast.")
    for expected, predicted, verdict in different:
        print(f"  differs: expected {expected!r}, predicted {predicted!r}: ours {verdict}")


def build_pairs(answers: list[str]) -> list[Pair]:
    """Expected and predicted answers: 500 identical, 500 rewritten, 1,000 of other rows; in the rows' order."""
    pairs: list[Pair] = []
    for place, answer in enumerate(answers):
        pairs.append((answer, answer))
        pairs.append((answer, REWRITINGS[place % len(REWRITINGS)](answer)))
        pairs.extend((answer, answers[(place + step) % len(answers)]) for step in (7, 101))
    return pairs


async def _as_a_run_does(pairs: list[Pair], workers: int) -> tuple[list[bool | str], float, int]:
    """The verdicts, the wall seconds from before the workers start, and how many pairs needed no algebra."""
    quick = 0
    start = time.perf_counter()

    async def compare(pool: ComputePool, pair: Pair) -> bool | str:
        nonlocal quick
        verdict = same_answer_quickly(*pair)
        if verdict is not None:
            quick += 1
            return verdict
        try:
            function = "northstar.graders.math.compare:same_answer"
            return bool(await pool.call(function, *pair, timeout=LIMIT_SECONDS))
        except ComputeError as error:
            return str(error)

    async with ComputePool(workers) as pool:
        verdicts = await asyncio.gather(*(compare(pool, pair) for pair in pairs))
        seconds = time.perf_counter() - start
    return verdicts, seconds, quick


def _alone(pairs: list[Pair]) -> tuple[list[bool], float]:
    """math-verify's verdicts with its own time limits, and the seconds they took."""
    logging.disable(logging.CRITICAL)
    from math_verify import parse, verify

    @cache
    def parsed(text: str) -> Any:
        return parse(_as_formula(text), parsing_timeout=LIMIT_SECONDS)

    start = time.perf_counter()
    verdicts = [bool(verify(parsed(left), parsed(right), timeout_seconds=LIMIT_SECONDS)) for left, right in pairs]
    return verdicts, time.perf_counter() - start


def _as_formula(answer: str) -> str:
    """Put the answer between dollar signs, as math-verify expects formulas."""
    return "$" + _DOLLAR.sub(" ", answer).replace("\n", " ").strip().rstrip("\\") + "$"


def _arguments() -> argparse.Namespace:
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="?", type=Path, default=Path(os.environ.get("NORTHSTAR_TEST_DATA", beside)))
    parser.add_argument("--workers", type=int, default=2)
    return parser.parse_args()


def _answers(data: Path) -> list[str]:
    path = data / "math-500" / "test.jsonl"
    if not path.is_file():
        sys.exit(f"{path} is not there: give the data folder as argument or in NORTHSTAR_TEST_DATA.")
    return [msgspec.json.decode(line)["answer"] for line in path.read_bytes().splitlines()]


if __name__ == "__main__":
    main()
