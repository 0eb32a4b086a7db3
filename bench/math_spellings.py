r"""Rewrites the 500 answers of MATH-500 in usual spellings, and changes their values; says what the comparison accepts.

    python -m bench.math_spellings [DATA] [--list NAME]

DATA is a folder with math-500/test.jsonl; by default NORTHSTAR_TEST_DATA, else the folder ../shared/data beside the
repository. A spelling is tried on the answers that it applies to, and should always be accepted; a changed value never
should. `--list NAME` prints the pairs of one row of the table that went wrong ("all": of every row).
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec

from bench.math_rewritings import CHANGES, SPELLINGS
from northstar.compute.pool import ComputePool
from northstar.graders.math.compare import same_answer_quickly
from northstar.task.grader import ComputeError

Pair = tuple[str, str]
LIMIT_SECONDS = 10


def main() -> None:
    """Print both tables and their sums."""
    arguments = _arguments()
    answers = _answers(arguments.data)
    for title, rewritings, wanted in (("spelling", SPELLINGS, True), ("changed value", CHANGES, False)):
        pairs = {name: pairs_of(rewrite, answers) for name, rewrite in rewritings.items()}
        verdicts = asyncio.run(_verdicts([pair for tried in pairs.values() for pair in tried]))
        print(f"{title:40} | accepted | tried")
        for name, tried in pairs.items():
            accepted = sum(verdicts[pair] for pair in tried)
            print(f"{name:40} | {accepted:8} | {len(tried):5}")
            if arguments.list in (name, "all"):
                for pair in tried:
                    if verdicts[pair] is not wanted:
                        print(f"    {'refused' if wanted else 'accepted'}: {pair[0]!r} ~ {pair[1]!r}")
        every = [verdicts[pair] for tried in pairs.values() for pair in tried]
        print(f"{'all':40} | {sum(every):8} | {len(every):5}\n")


def pairs_of(rewrite: Callable[[str], str], answers: list[str]) -> list[Pair]:
    """Each answer that the rewriting applies to, and the result."""
    return [(answer, rewrite(answer)) for answer in answers if rewrite(answer) != answer]


async def _verdicts(pairs: list[Pair]) -> dict[Pair, bool]:
    """Compare as a run does; what takes too long counts as refused."""
    verdicts: dict[Pair, bool] = {}

    async def compare(pool: ComputePool, pair: Pair) -> None:
        verdict = same_answer_quickly(*pair)
        if verdict is None:
            try:
                function = "northstar.graders.math.compare:same_answer"
                verdict = bool(await pool.call(function, *pair, timeout=LIMIT_SECONDS))
            except ComputeError as error:
                print(f"{pair}: {error}", file=sys.stderr)
                verdict = False
        verdicts[pair] = verdict

    async with ComputePool(2) as pool:
        await asyncio.gather(*(compare(pool, pair) for pair in set(pairs)))
    return verdicts


def _arguments() -> argparse.Namespace:
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="?", type=Path, default=Path(os.environ.get("NORTHSTAR_TEST_DATA", beside)))
    parser.add_argument("--list", default="", metavar="NAME")
    return parser.parse_args()


def _answers(data: Path) -> list[str]:
    path = data / "math-500" / "test.jsonl"
    if not path.is_file():
        sys.exit(f"{path} is not there: give the data folder as argument or in NORTHSTAR_TEST_DATA.")
    return [msgspec.json.decode(line)["answer"] for line in path.read_bytes().splitlines()]


if __name__ == "__main__":
    main()
