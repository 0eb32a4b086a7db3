"""Invented rows of the gated benchmarks, as their owners publish them, for a local hub."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pyarrow
from pyarrow import parquet

GPQA = [
    {
        "Record ID": f"rec{n}",
        "Question": f"What is {n} times 3?\n",
        "Correct Answer": f"{3 * n} \n",
        "Incorrect Answer 1": f"{3 * n + 1}",
        "Incorrect Answer 2": f"{3 * n + 2}",
        "Incorrect Answer 3": f"{3 * n + 3}, or so",
        "Explanation": "multiply",
        "Subdomain": "Arithmetic",
        "High-level domain": "Mathematics",
        "Writer's Difficulty Estimate": "Easy",
        "Canary String": "invented",
    }
    for n in range(1, 7)
]

HLE = [
    {
        "id": f"h{n}",
        "question": f"What is {n} + 2?",
        "image": "data:image/png;base64,AAAA" if n == 3 else "",
        "answer": str(n + 2),
        "answer_type": "exactMatch",
        "rationale": "add",
        "raw_subject": "Arithmetic",
        "category": "Math" if n % 2 else "Humanities/Social Science",
        "canary": "invented",
    }
    for n in range(1, 7)
]


def put_gpqa(hub: Path, name: str, rows: list[dict[str, str]]) -> None:
    folder = hub / "Idavidrein/gpqa"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"gpqa_{name}.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(GPQA[0]))
        writer.writeheader()
        writer.writerows(rows)


def put_parquet(hub: Path, repo: str, split: str, rows: list[dict[str, Any]]) -> None:
    folder = hub / repo / "data"
    folder.mkdir(parents=True, exist_ok=True)
    parquet.write_table(pyarrow.Table.from_pylist(rows), folder / f"{split}-00000-of-00001.parquet")
