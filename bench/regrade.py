"""Grading 100,000 generations of MATH-500 anew, and the same grading in a run that had been stopped before it.

    python -m bench.regrade [--generations 100000]

The answers are those of bench/compare_answers.py: right, rewritten, and of other rows. The run is one whose journals
hold every generation and no grade, so that `ns eval` grades, writes the outputs and prints the table, asking nobody.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

from tests.mock_server.process import mock_process

from bench.compare_answers import build_pairs
from bench.measure import run
from northstar.results.journal_line import FORMAT, sealed

GENERATIONS = 100_000
CHARACTERS = 3_000
"""Of a generation before its answer, as long as those of a model that explains itself."""


def main() -> None:
    """Print the seconds and the throughput of both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--generations", type=int, default=GENERATIONS)
    asked = parser.parse_args(sys.argv[1:] if __name__ == "__main__" else [])
    root = Path(os.environ.get("NORTHSTAR_TEST_DATA") or Path(__file__).parents[2] / "shared" / "data")
    with tempfile.TemporaryDirectory(dir=os.environ.get("NORTHSTAR_BENCH_DIR")) as name, mock_process() as server:
        data, out = Path(name, "data"), Path(name, "out")
        rows = _prepare(root, data)
        seeds = asked.generations // len(rows)
        where = (f"--data_dir={data}", f"--server_address={server.address}", "--model=mock")
        run("eval", "--benchmarks=math-500:1", f"--output_dir={out}", *where)  # for its run.json
        command = ("eval", f"--benchmarks=math-500:{seeds}", f"--output_dir={out}", *where)
        _as_if_stopped_before_grading(out, rows, seeds)
        graded = run(*command)
        regraded = run("regrade", out)
        number = seeds * len(rows)
        for what, cost in (("graded by ns eval", graded), ("graded anew by ns regrade", regraded)):
            print(
                f"{number:,} generations {what}: {cost.wall:.1f} s, {number / cost.wall:,.0f} a second, "
                f"CPU {cost.cpu:.1f} s, peak {cost.megabytes:.0f} MB"
            )
        print(f"throughput of regrading / of a run's grading: {graded.wall / regraded.wall:.2f}")


def _prepare(root: Path, data: Path) -> list[dict[str, object]]:
    lines = (root / "math-500" / "test.jsonl").read_text().splitlines()
    rows = [
        {"id": f"q{n}", "problem": each["problem"], "expected_answer": each["answer"]}
        for n, each in enumerate(map(json.loads, lines))
    ]
    (data / "math-500").mkdir(parents=True)
    (data / "math-500" / "test.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return rows


def _as_if_stopped_before_grading(out: Path, rows: list[dict[str, object]], seeds: int) -> None:
    """Write the journals of a run that was killed when all was generated and nothing graded."""
    pairs = build_pairs([str(row["expected_answer"]) for row in rows])  # four a row, in the rows' order
    folder = out / "eval-results" / "math-500"
    (folder / "output-rs0.jsonl").unlink()
    filler = "So it goes, step by step.\n" * (CHARACTERS // 26)
    for seed in range(seeds):
        header = {"journal": FORMAT, "benchmark": "math-500", "seed": seed, "first_row": 0, "rows": len(rows)}
        with (folder / f"output-rs{seed}.jsonl.journal").open("wb") as journal:
            journal.write(sealed(header) + b"\n")
            for row in range(len(rows)):
                answer = pairs[4 * row + seed % 4][1]
                generation = {
                    "generation": f"{filler}\\boxed{{{answer}}}",
                    "num_generated_tokens": 700,
                    "generation_start_time": 1.0,
                    "generation_end_time": 2.0 + row % 9,
                }
                journal.write(sealed({"row": row, "generation": generation}) + b"\n")


if __name__ == "__main__":
    main()
