"""What `ns generate` costs over many rows of 1 kB: memory, and CPU per request beside `ns eval` in the same run.

`python -m bench.generate [ROWS [LEFT]]`; the mock server answers at once, so that the client is what is measured. With
LEFT all but so many rows of the last run are answered before, as by a run that was killed: the same memory, less time.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.mock_server.process import mock_process

from bench.measure import Cost, run, write_rows
from northstar.results.journal_line import FORMAT, sealed

ROWS = 1_000_000
OF_EVAL = 20_000
CHARACTERS = 1000
AT_ONCE = 512
MOST_OF_A_HEADER = 300
"""Bytes of a journal beyond which it has answers."""


def write_input(path: Path, rows: int) -> None:
    """Write rows of 1 kB, and a prompt file beside them."""
    filler = "x" * (CHARACTERS - 60)
    with path.open("w") as file:
        for row in range(rows):
            line = {"id": f"row-{row}", "problem": f"What is {row} + {row % 7}? {filler}"}
            file.write(json.dumps(line) + "\n")
    path.with_name("prompt.yaml").write_text("user: |-\n  {problem}\n")


def answered_before(words: Sequence[str], output_dir: Path, rows: int, done: int) -> None:
    """Begin a run, kill it, and write a journal with the answers to the first rows in place of its own."""
    journal = output_dir / "output.jsonl.journal"
    with subprocess.Popen([sys.executable, "-m", "northstar", *words], stderr=subprocess.DEVNULL) as process:
        while process.poll() is None and not (journal.exists() and journal.stat().st_size > MOST_OF_A_HEADER):
            time.sleep(0.01)
        process.kill()
    generation = {"generation": "so " * 17 + "\\boxed{1}", "num_generated_tokens": 20, "generation_start_time": 1.0}
    with journal.open("wb") as file:
        header = {"journal": FORMAT, "benchmark": "generate", "seed": None, "first_row": 0, "rows": rows}
        file.write(sealed(header) + b"\n")
        for row in range(done):
            file.write(sealed({"row": row, "generation": generation | {"generation_end_time": 2.0}}) + b"\n")
            file.write(sealed({"row": row, "grade": {}}) + b"\n")


def main(rows: int = ROWS, left: int | None = None) -> None:
    with tempfile.TemporaryDirectory() as name, mock_process("--delay=0", "--tokens=20") as server:
        folder, common = Path(name), (f"--server_address={server.address}", "--model=mock")
        concurrency = f"++max_concurrent_requests={AT_ONCE}"

        def generate(number: int, out: str, *more: str) -> Cost:
            write_input(folder / "rows.jsonl", number)
            words = ("generate", f"--input_file={folder}/rows.jsonl", f"--output_dir={folder}/{out}", *common)
            return run(*words, concurrency, f"++prompt_config={folder}/prompt.yaml", *more)

        write_rows(folder / "data", OF_EVAL, CHARACTERS)
        words = ("eval", "--benchmarks=aime24", f"--data_dir={folder}/data", *common, concurrency)
        evaluated = [run(*words, f"--output_dir={folder}/eval-{turn}") for turn in range(2)]
        few = [generate(OF_EVAL, f"few-{turn}") for turn in range(2)]
        _tell(f"ns eval, {OF_EVAL:,} rows", min(evaluated, key=lambda each: each.cpu), OF_EVAL)
        _tell(f"ns generate, {OF_EVAL:,} rows", min(few, key=lambda each: each.cpu), OF_EVAL)
        write_input(folder / "rows.jsonl", rows)
        prompt = f"++prompt_config={folder}/prompt.yaml"
        same = ("generate", f"--input_file={folder}/rows.jsonl", f"--output_dir={folder}/many", *common, prompt)
        if left is not None:
            answered_before(same, folder / "many", rows, rows - left)
        many = run(*same, concurrency)
        _tell(f"ns generate, {rows:,} rows" + ("" if left is None else f", {left:,} of them left"), many, left or rows)
        again = run(*same, concurrency)
        print(f"the same again, all done: {again.wall:.1f} s, {again.megabytes:.0f} MB")


def _tell(what: str, cost: Cost, rows: int) -> None:
    per = 1000 * cost.cpu / rows
    print(f"{what}: {per:.3f} ms of CPU a request, {cost.wall:.1f} s, {cost.megabytes:.0f} MB", flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
