"""`ns compare` of two runs of 16 seeds × 12,032 rows of 1 kB, beside reading the same bytes."""

from __future__ import annotations

import json
import os
import random
import tempfile
import time
from pathlib import Path

from bench.measure import run

SEEDS, ROWS, BYTES = 16, 12_032, 1_000


def main() -> None:
    with tempfile.TemporaryDirectory(dir=os.environ.get("NORTHSTAR_BENCH_DIR")) as name:
        runs = [Path(name, each) for each in ("base", "new")]
        for number, folder in enumerate(runs):
            _write(folder / "eval-results" / "mmlu-pro", random.Random(number))
        files = [file for folder in runs for file in folder.rglob("*.jsonl")]
        begun = time.monotonic()
        for file in files:
            file.read_bytes()
        reading = time.monotonic() - begun
        cost = sorted((run("compare", *map(str, runs)) for _ in range(3)), key=lambda each: each.wall)[1]
        size = sum(file.stat().st_size for file in files) / 1e6
        print(f"compare over {size:.0f} MB: {cost.wall:.2f} s, peak {cost.megabytes:.0f} MB (median of 3)")
        print(f"  reading the bytes alone  {reading:.2f} s")


def _write(folder: Path, chances: random.Random) -> None:
    folder.mkdir(parents=True)
    text = "We have \\frac{1}{2} of it, so it is\n" * (BYTES // 37)
    for seed in range(SEEDS):
        with (folder / f"output-rs{seed}.jsonl").open("w") as lines:
            for row in range(ROWS):
                right = chances.random() < 0.8
                record = {
                    "id": row,
                    "generation": text,
                    "finish_reason": "stop",
                    "num_generated_tokens": 300,
                    "generation_start_time": 1.0,
                    "generation_end_time": 2.0 + row,
                    "predicted_answer": "A" if right else "B",
                    "symbolic_correct": right,
                }
                lines.write(json.dumps(record) + "\n")


if __name__ == "__main__":
    main()
