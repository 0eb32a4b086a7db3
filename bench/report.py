"""`ns report` of 16 seeds × 2,000 rows of 20 kB, without samples and with them, and `ns export` of the same."""

from __future__ import annotations

import json
import os
import random
import tempfile
from pathlib import Path

from bench.measure import Cost, run

SEEDS, ROWS, BYTES = 16, 2000, 19_000
SUBJECTS = ("Algebra", "Counting & Probability", "Geometry", "Number Theory", "Prealgebra", "Precalculus")


def main() -> None:
    with tempfile.TemporaryDirectory(dir=os.environ.get("NORTHSTAR_BENCH_DIR")) as name:
        out = Path(name, "out")
        write_run(out, random.Random(0))
        for samples in (0, 6):
            page = Path(name, f"report{samples}.html")
            cost = _median([run("report", out, f"--output={page}", f"--samples={samples}") for _ in range(3)])
            size = page.stat().st_size / 1e6
            print(f"report, {samples} samples: {_said(cost)}, {size:.2f} MB written")
        for form in ("parquet", "csv", "inspect"):
            folder = Path(name, form)
            cost = run("export", out, f"--to={form}", f"--output={folder}")
            size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
            print(f"export to {form}: {_said(cost)}, {size / 1e6:.0f} MB written")


def write_run(folder: Path, chances: random.Random, *, rows: int = ROWS, seeds: int = SEEDS, size: int = BYTES) -> None:
    """Write a run of MATH-500 as a model that is right less often on higher levels, with longer answers there."""
    results = folder / "eval-results" / "math-500"
    results.mkdir(parents=True)
    text = ("We have \\frac{1}{2} of it, so $\\alpha = \\sqrt{x^2 + 1}$ is\n" * 600)[:size]
    hardness = [(chances.choice(SUBJECTS), chances.randrange(1, 6), chances.random()) for _ in range(rows)]
    for seed in range(seeds):
        with (results / f"output-rs{seed}.jsonl").open("w") as lines:
            for row, (subject, level, luck) in enumerate(hardness):
                right = chances.random() < 1.05 - 0.13 * level * (0.4 + luck)
                tokens = int(chances.lognormvariate(6.5 + 0.3 * level + (0 if right else 0.7), 0.5))
                cut = tokens > 16_000
                start = 1.7e9 + 900 * seed + row * 0.4 + chances.random()
                answer = None if cut else "4" if right else str(chances.randrange(9))
                record = {
                    "id": f"test/{row}",
                    "problem": f"What is $2 + {row % 7}$, divided by $\\frac{{1}}{{2}}$?",
                    "expected_answer": "4",
                    "subject": subject,
                    "level": level,
                    "generation": text + ("" if cut else f"\\boxed{{{answer}}}"),
                    "finish_reason": "length" if cut else "stop",
                    "num_generated_tokens": min(tokens, 16_000),
                    "num_prompt_tokens": 90,
                    "generation_start_time": start,
                    "generation_end_time": start + tokens / 40,
                    "predicted_answer": answer,
                    "symbolic_correct": right and not cut,
                }
                lines.write(json.dumps(record) + "\n")
    settings = {
        "split": "test",
        "rows": rows,
        "model": "demo-7b",
        "inference.temperature": 0.6,
        "inference.top_p": 0.95,
    }
    settings |= {
        "inference.tokens_to_generate": 16_000,
        "prompt": "math",
        "grader.name": "math_answer",
        "grader.version": 1,
    }
    stored = {"run_json": 1, "results": {"math-500.seeds": settings}, "runs": []}
    (folder / "run.json").write_text(json.dumps(stored))


def _said(cost: Cost) -> str:
    return f"{cost.wall:.2f} s, CPU {cost.cpu:.1f} s, {cost.megabytes:.0f} MB"


def _median(costs: list[Cost]) -> Cost:
    return sorted(costs, key=lambda cost: cost.wall)[len(costs) // 2]


if __name__ == "__main__":
    main()
