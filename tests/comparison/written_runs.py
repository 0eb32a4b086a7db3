"""Output folders with given verdicts, for tests of comparisons."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def write_run(
    folder: Path,
    verdicts: Mapping[str, Sequence[bool]],
    *,
    benchmark: str = "aime24",
    settings: Mapping[str, Any] | None = None,
    **fields: Any,
) -> Path:
    """Write a run: row id → a verdict for each seed. `settings` become its run.json; `fields` stand in each record."""
    results = folder / "eval-results" / benchmark
    results.mkdir(parents=True)
    for seed in range(len(next(iter(verdicts.values())))):
        lines = [
            {"id": name, "generation": "…", "predicted_answer": str(int(each[seed])), "symbolic_correct": each[seed]}
            | {"num_generated_tokens": 10, "generation_start_time": 1.0, "generation_end_time": 3.0}
            | fields
            for name, each in verdicts.items()
        ]
        (results / f"output-rs{seed}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    if settings is not None:
        content = {"run_json": 1, "results": {f"{benchmark}.seeds": {"rows": len(verdicts), **settings}}}
        (folder / "run.json").write_text(json.dumps(content))
    return folder


def write_regrading(
    folder: Path, name: str, verdicts: Mapping[str, Sequence[bool]], *, benchmark: str = "aime24"
) -> None:
    """Write new grades of a run's generations."""
    place = folder / "eval-results" / benchmark / "regraded" / name
    place.mkdir(parents=True)
    for seed in range(len(next(iter(verdicts.values())))):
        lines = [
            {"id": row, "predicted_answer": str(int(each[seed])), "symbolic_correct": each[seed]}
            | {"generation_start_time": 1.0, "generation_end_time": 3.0}
            for row, each in verdicts.items()
        ]
        (place / f"output-rs{seed}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
