"""`ns summarize_results` over 16 seeds of 2,000 rows of 20 kB, beside reading the same bytes."""

from __future__ import annotations

import json
import os
import tempfile
import time
from pathlib import Path

from bench.measure import run

SEEDS, ROWS, BYTES = 16, 2000, 19_000


def main() -> None:
    with tempfile.TemporaryDirectory(dir=os.environ.get("NORTHSTAR_BENCH_DIR")) as name:
        folder = Path(name, "eval-results", "aime24")
        folder.mkdir(parents=True)
        for seed in range(SEEDS):
            _write(folder / f"output-rs{seed}.jsonl", seed)
        size = sum(file.stat().st_size for file in folder.iterdir())
        begun = time.monotonic()
        for file in folder.glob("*.jsonl"):
            file.read_bytes()
        reading = time.monotonic() - begun
        costs = [run("summarize_results", name) for _ in range(3)]
        best = sorted(costs, key=lambda cost: cost.wall)[1]
        print(
            f"summarize_results over {size / 1e6:.0f} MB: {best.wall:.2f} s, peak {best.megabytes:.0f} MB (median of 3)"
        )
        print(f"  reading the bytes alone  {reading:.2f} s")


def _write(file: Path, seed: int) -> None:
    text = ("We have \\frac{1}{2} of it, so α is\n" * 600)[:BYTES]
    with file.open("w") as lines:
        for row in range(ROWS):
            record = {
                "id": row,
                "problem": "p" * 300,
                "expected_answer": "4",
                "generation": text,
                "num_generated_tokens": 5000 + seed,
                "generation_start_time": 1.0,
                "generation_end_time": 2.0 + row,
                "predicted_answer": str((row * 7 + seed) % 5),
                "symbolic_correct": (row * 7 + seed) % 5 == 4,
            }
            lines.write(json.dumps(record, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
