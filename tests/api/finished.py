"""A folder of finished seeds, as a run with today's grader leaves it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from northstar.graders.math.answer import MathAnswer
from northstar.task.grader import described_grader

TEXTS = {"a": r"It is 3. \boxed{3}", "b": r"It is 5. \boxed{4}", "c": "It is 6."}
EXPECTED = {"a": "3", "b": "5", "c": "7"}


def record(row: str, seed: int, **fields: Any) -> dict[str, Any]:
    boxed = {"a": "3", "b": "4"}.get(row)
    graded = {"predicted_answer": boxed, "symbolic_correct": boxed == EXPECTED[row]}
    return {
        "id": row,
        "problem": "?",
        "expected_answer": EXPECTED[row],
        "generation": TEXTS[row],
        "num_generated_tokens": 5,
        "generation_start_time": 1.0 + seed,
        "generation_end_time": 2.0 + seed,
        **graded,
        **fields,
    }


def write(
    out: Path, seeds: tuple[int, ...] = (0, 1), benchmark: str = "math-500", identity: dict[str, Any] | None = None
) -> Path:
    """A folder of finished seeds, as a run with today's grader leaves it."""
    folder = out / "eval-results" / benchmark
    folder.mkdir(parents=True, exist_ok=True)
    for seed in seeds:
        lines = [json.dumps(record(row, seed)) for row in TEXTS]
        (folder / f"output-rs{seed}.jsonl").write_text("\n".join(lines) + "\n")
    grader = {f"grader.{key}": value for key, value in described_grader(MathAnswer()).items()}
    said = {"rows": len(TEXTS), "model": "m", **grader, **(identity or {})}
    results = {f"{benchmark}.seeds": {key: value for key, value in said.items() if value is not None}}
    (out / "run.json").write_text(json.dumps({"run_json": 1, "results": results}))
    return folder
