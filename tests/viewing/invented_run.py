"""Runs with all that pages show, of invented problems."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from northstar.core.records import Generation
from northstar.results.journal import Journal
from northstar.results.layout import Shard, benchmark_folder, journal_path, results_folder, whole_path

TOPICS = ("arithmetic", "algebra", "number theory")
HOSTILE = (
    "<script>alert('script')</script>",
    "<img src=x onerror=\"alert('img')\"><svg onload=\"alert('svg')\">",
    "[a link](javascript:alert('link')) <a href=\"javascript:alert('a')\">here</a>",
    r"$\href{javascript:alert('math')}{x}$ $\text{<script>alert('text')</script>}$ $\style{a:url(//evil.example)}{x}$",
    "\u202egnp.exe\u202c \x1b[31mred\x1b[0m \x00\x07 \u200b\ufeff",
    "</div></main></body><iframe src=https://evil.example></iframe>",
    "\"'><meta http-equiv=refresh content='0;url=https://evil.example'>",
    "{" * 100_000,
    '<link rel=stylesheet href="https://evil.example/x.css"><style>body{display:none}</style>',
    "=HYPERLINK(\"https://evil.example\") ${alert(1)} {{ 7*7 }} {% include '/etc/passwd' %}",
)
"""What a model may write to take over a page."""


def record(row: int, seed: int, *, shift: int = 0) -> dict[str, Any]:
    """Return a record: right, wrong, without an answer, cut off or an error, by row and seed."""
    first, second = 12 + 7 * row, 5 + 3 * row
    expected = first * second
    kind = (row * 5 + seed * 3 + shift * (row % 3 == 1)) % 11
    fields: dict[str, Any] = {
        "id": f"sums-{row:03d}",
        "problem": f"What is the product of ${first}$ and ${second}$? Put the answer into a box.",
        "expected_answer": str(expected),
        "topic": TOPICS[row % 3],
        "generation": "",
        "finish_reason": "stop",
        "num_generated_tokens": 40 + (row * 37 + seed * 11) % 500,
        "num_prompt_tokens": 31,
        "generation_start_time": 1_800_000_000.0 + row,
        "generation_end_time": 1_800_000_003.5 + row + seed,
        "reasoning": rf"First {first} times {second}. That is \({first} \cdot {second} = {expected}\).",
        "predicted_answer": None,
        "symbolic_correct": False,
    }
    if kind < 6:
        work = rf"\[ {first} \cdot {second} = {first} \cdot {second - 1} + {first} = \frac{{{2 * expected}}}{{2}} \]"
        answer = {"predicted_answer": str(expected), "symbolic_correct": True}
        return fields | {"generation": f"We multiply:\n{work}\nso the answer is $\\boxed{{{expected}}}$."} | answer
    if kind < 8:
        wrong = str(expected + 10 * (1 + seed % 2))
        return fields | {"generation": rf"It is \(\boxed{{{wrong}}}\).", "predicted_answer": wrong}
    if kind == 8:
        return fields | {"generation": "I would rather not say."}
    if kind == 9:
        return fields | {"generation": "We multiply, and multiply, and", "finish_reason": "length"}
    error = f"HTTP 400 for request {1000 + row}: the prompt is not allowed"
    return fields | {"finish_reason": "error", "error": error, "num_generated_tokens": None}


def write_run(
    output_dir: Path, *, benchmark: str = "sums", rows: int = 24, seeds: Sequence[int] = range(4), shift: int = 0
) -> Path:
    """Write the outputs of a run; another `shift` gives other answers to every third row."""
    folder = benchmark_folder(output_dir, benchmark)
    folder.mkdir(parents=True, exist_ok=True)
    for seed in seeds:
        write_records(whole_path(folder, seed), [record(row, seed, shift=shift) for row in range(rows)])
    return output_dir


def write_records(path: Path, records: Sequence[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(each, ensure_ascii=False) + "\n" for each in records))


def write_metrics(output_dir: Path, benchmark: str = "sums") -> None:
    """Write what ns summarize_results would, in short."""
    modes = {
        "pass@1[avg-of-4]": {
            "num_entries": 24,
            "avg_tokens": 280,
            "gen_seconds": 74,
            "symbolic_correct": 54.17,
            "no_answer": 27.08,
        },
        "majority@4": {
            "num_entries": 24,
            "avg_tokens": 280,
            "gen_seconds": 74,
            "symbolic_correct": 79.17,
            "no_answer": 0.0,
        },
        "pass@4": {
            "num_entries": 24,
            "avg_tokens": 280,
            "gen_seconds": 74,
            "symbolic_correct": 95.83,
            "no_answer": 0.0,
        },
    }
    (results_folder(output_dir) / "metrics.json").write_text(json.dumps({benchmark: modes}))


def write_hostile(output_dir: Path) -> Path:
    """Write a run whose every text is an attack."""
    lines = [
        record(row, 0)
        | {
            "id": text[:200],
            "problem": text[:2000],
            "generation": text,
            "reasoning": text,
            "predicted_answer": text[:500],
        }
        | {
            "expected_answer": text[:500],
            "topic": text[:500],
            "finish_reason": text[:80],
            "judgement": text,
            "judge": text[:50],
        }
        | {"test_error": text[:500], "tool_calls": [{"id": "1", "name": text[:100], "arguments": text[:500]}]}
        | ({"error": text[:500]} if row % 2 else {})
        for row, text in enumerate(HOSTILE)
    ]
    write_records(whole_path(benchmark_folder(output_dir, "hostile"), 0), lines)
    return output_dir


class GrowingSeed:
    """A seed under way: a journal that a test adds answers to."""

    def __init__(self, output_dir: Path, seed: int, *, benchmark: str = "sums", rows: int = 24) -> None:
        self.folder = benchmark_folder(output_dir, benchmark)
        self.folder.mkdir(parents=True, exist_ok=True)
        shard = Shard(benchmark, seed, range(rows))
        self.seed = seed
        self.path = journal_path(self.folder, shard)
        self._journal = Journal(self.path, benchmark=benchmark, seed=seed, rows=range(rows))

    def answer(self, row: int, *, graded: bool = True) -> None:
        """Add an answer, and its grade."""
        fields = record(row, self.seed)
        grade = {name: fields.pop(name) for name in ("predicted_answer", "symbolic_correct")}
        own = {name: value for name, value in fields.items() if name in Generation.__struct_fields__}
        self._journal.add_generation(row, Generation(**own))
        if graded:
            self._journal.add_grade(row, grade)

    def grade(self, row: int) -> None:
        fields = record(row, self.seed)
        self._journal.add_grade(row, {name: fields[name] for name in ("predicted_answer", "symbolic_correct")})

    def close(self) -> None:
        self._journal.close()
