"""Memory with 200,000 queued samples of 1 kB, and the start of a resume over 200,000 finished records of 20 kB."""

from __future__ import annotations

import json
import os
import tempfile
import time
from pathlib import Path

from tests.mock_server.process import mock_process

from bench.measure import run, write_rows
from northstar.results.journal_line import FORMAT, sealed

SAMPLES = 200_000
SEEDS = 16


def main() -> None:
    with tempfile.TemporaryDirectory(dir=os.environ.get("NORTHSTAR_BENCH_DIR")) as name, mock_process() as server:
        data, out = Path(name, "data"), Path(name, "out")
        where = (f"--data_dir={data}", f"--server_address={server.address}", "--model=mock")
        write_rows(data, SAMPLES, characters=1000)
        queued = run(*_stopped_soon(server.address, data, out), module="bench.queued")
        print(f"{SAMPLES} queued samples of 1 kB: peak {queued.megabytes:.0f} MB, {queued.stdout.strip()}")
        rows = SAMPLES // SEEDS
        write_rows(data, rows)
        out = Path(name, "resumed")
        run(
            "eval", f"--benchmarks=aime24:{SEEDS}", f"--output_dir={out}", *where, "++max_samples=-1", "++max_retries=0"
        )
        size = _as_if_killed_before_the_last(out, rows)
        begun = time.monotonic()
        plain = _read(out)
        resumed = run("eval", f"--benchmarks=aime24:{SEEDS}", f"--output_dir={out}", *where)
        print(f"resume over {rows * SEEDS - SEEDS} finished records, {size / 1e9:.1f} GB; reading them: {plain:.1f} s")
        print(
            f"  until the last {SEEDS} were asked  {_first_asked(out) - (time.time() - time.monotonic()) - begun:.1f} s"
        )
        print(f"  with writing all outputs  {resumed.wall:.1f} s wall, peak {resumed.megabytes:.0f} MB")


def _stopped_soon(address: str, data: Path, out: Path) -> tuple[str, ...]:
    return (address, str(data), str(out))


def _as_if_killed_before_the_last(out: Path, rows: int) -> int:
    """Turn finished outputs back into journals that lack their last row, with answers of 20 kB; their size."""
    size = 0
    for seed in range(SEEDS):
        output = out / "eval-results" / "aime24" / f"output-rs{seed}.jsonl"
        header = {"journal": FORMAT, "benchmark": "aime24", "seed": seed, "first_row": 0, "rows": rows}
        with Path(f"{output}.journal").open("wb") as journal:
            journal.write(sealed(header) + b"\n")
            for row in range(rows - 1):
                generation = {
                    "generation": "So it goes.\n" * 1650 + "\\boxed{4}",
                    "num_generated_tokens": 5000,
                    "generation_start_time": 1.0,
                    "generation_end_time": 2.0 + row % 9,
                }
                journal.write(sealed({"row": row, "generation": generation}) + b"\n")
                grade = {"predicted_answer": "4", "symbolic_correct": False}
                journal.write(sealed({"row": row, "grade": grade}) + b"\n")
            size += journal.tell()
        output.unlink()
    return size


def _read(out: Path) -> float:
    begun = time.monotonic()
    for file in out.rglob("*.journal"):
        with file.open("rb", buffering=1 << 20) as lines:
            for _ in lines:
                pass
    return time.monotonic() - begun


def _first_asked(out: Path) -> float:
    """When the first of the last rows was asked, as its record says. Unix seconds."""
    asked = []
    for file in out.rglob("output-rs*.jsonl"):
        with file.open("rb") as lines:
            lines.seek(-4000, os.SEEK_END)
            asked.append(json.loads(lines.read().splitlines()[-1])["generation_start_time"])
    return float(min(asked))


if __name__ == "__main__":
    main()
