"""144 jobs planned and submitted to the Slurm that sbatch finds, and `ns status` over 144 shards of 12,000 rows.

The jobs are held, so that none runs. Beside it in the same run: as many bare calls of sbatch.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from bench.measure import run

BENCHMARKS = 9
SEEDS = 16
ROWS = 12_000
ROW_BYTES = 20_000
CONFIG = "executor: slurm\ntimeouts: 04:00:00\n"
OWN = """
from pathlib import Path
from northstar.task.benchmark import Splits
from northstar.benchmarks.smoke import BENCHMARK as SMOKE
import dataclasses
from northstar.data.source import HubFile
rows = HubFile("none/none", "none.jsonl", revision="0" * 40, to_row=lambda line, place: line)
BENCHMARK = dataclasses.replace(SMOKE, name="{name}", splits=Splits({{"test": rows}}))
"""


def main() -> None:
    if shutil.which("sbatch") is None:
        print("jobs: there is no sbatch here; set SLURM_CONF and PATH to a Slurm, for example of the infra scripts")
        return
    with tempfile.TemporaryDirectory(dir=os.environ.get("NORTHSTAR_BENCH_DIR")) as name:
        folder = Path(name)
        words = _prepare(folder)
        submitted = run("eval", *words, "--num_jobs=-1", "--sbatch_kwargs=hold")
        jobs = BENCHMARKS * SEEDS + 1
        print(f"{jobs} jobs planned, written and submitted: {submitted.wall:.2f} s ({submitted.cpu:.2f} s of CPU here)")
        print(f"  {jobs} bare calls of sbatch: {_bare(jobs):.2f} s")
        again = run("eval", *words, "--num_jobs=-1")
        print(f"  again, all of it waiting: {again.wall:.2f} s, {again.stdout.strip()}")
        _as_if_it_ran(folder / "out")
        _status(folder / "out", "with Slurm")
        print(f"  cancelling them: {run('cancel', folder / 'out').wall:.2f} s")
        _files(folder / "out", jobs)


def _prepare(folder: Path) -> list[str]:
    names = [f"bench-{number}" for number in range(BENCHMARKS)]
    for name in names:
        (folder / "data" / name).mkdir(parents=True)
        with (folder / "data" / name / "test.jsonl").open("w") as file:
            for row in range(ROWS):
                file.write(
                    json.dumps({"id": str(row), "problem": f"What is {row} + 1?", "expected_answer": "1"}) + "\n"
                )
        (folder / "own").mkdir(exist_ok=True)
        (folder / "own" / f"{name.replace('-', '_')}.py").write_text(OWN.format(name=name))
    (folder / "lab.yaml").write_text(CONFIG)
    where = ["--cluster=lab", f"--config_dir={folder}", f"--data_dir={folder}/data", f"--output_dir={folder}/out"]
    asked = [f"--benchmarks={','.join(f'{name}:{SEEDS}' for name in names)}", f"--extra_benchmarks={folder}/own"]
    return [*where, *asked, "--model=m", "--server_address=http://127.0.0.1:9/v1"]


def _bare(count: int) -> float:
    script = "#!/bin/sh\n#SBATCH --hold\n#SBATCH --output=/dev/null\ntrue\n"
    numbers = []
    begun = time.monotonic()
    for _ in range(count):
        done = subprocess.run(["sbatch", "--parsable"], input=script, capture_output=True, text=True, check=True)
        numbers.append(done.stdout.strip())
    seconds = time.monotonic() - begun
    subprocess.run(["scancel", *numbers], check=True)
    return seconds


def _as_if_it_ran(out: Path) -> None:
    """Half of the shards done, half under way; outputs as large as they would be (with holes in them)."""
    for folder in sorted((out / "eval-logs/jobs/001").glob("bench-*")):
        benchmark, _, seed = folder.name.rpartition("-rs")
        output = out / "eval-results" / benchmark / f"output-rs{seed}.jsonl"
        output = output if int(seed) % 2 else output.with_suffix(".jsonl.journal")
        with output.open("wb") as file:
            file.truncate(ROWS * ROW_BYTES)
        shard = {"rows": ROWS, "generated": 5000, "graded": 4990, "tokens": 10**7, "speed": 900.0}
        held = {
            "host": "n1",
            "updated": time.time(),
            "stage": "running",
            "shards": {f"{benchmark}/output-rs{seed}": shard},
        }
        (folder / "progress.json").write_text(json.dumps(held))


def _status(out: Path, how: str) -> None:
    costs = [run("status", out) for _ in range(5)]
    wall, memory = statistics.median(cost.wall for cost in costs), max(cost.megabytes for cost in costs)
    print(f"ns status, {BENCHMARKS * SEEDS} shards x {ROWS} rows, {how}: {wall:.2f} s, {memory:.0f} MB")
    print(f"  {costs[0].stdout.splitlines()[0].rpartition('/')[2]}")


def _files(out: Path, jobs: int) -> None:
    files = [file for file in (out / "eval-logs").rglob("*") if file.is_file()]
    size = sum(file.stat().st_size for file in files)
    print(f"files of a job before it runs: {len(files) / jobs:.1f}, {size / jobs / 1000:.1f} kB")


if __name__ == "__main__":
    main()
