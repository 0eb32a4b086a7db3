"""A benchmark with a range of seeds, whose outputs tests write by hand or by a loop without a server."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from northstar.config.plan import BenchmarkPlan, Growth
from northstar.config.settings import EvalSettings
from northstar.engine.schedule.growth import GrowingSeeds
from northstar.metrics.answers import AnswerMetrics

ROWS = 30


def growing(folder: Path, *, precision: float, least: int = 4, limit: int = 12, rows: int = ROWS) -> GrowingSeeds:
    """The seeds of aime24 as the folder has them."""
    plan = BenchmarkPlan(
        name="aime24",
        split="test",
        seeds=tuple(range(limit)),
        settings=EvalSettings(),
        growth=Growth(least=least, precision=precision),
    )
    benchmark = SimpleNamespace(metrics=AnswerMetrics("symbolic_correct"))
    loaded = SimpleNamespace(plan=plan, name="aime24", rows=range(rows), benchmark=benchmark)
    seeds = GrowingSeeds(cast(Any, loaded), folder)
    seeds.read()
    return seeds


def write_seed(folder: Path, seed: int, right: Sequence[bool]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    lines = [
        json.dumps({"id": row, "symbolic_correct": score, "num_generated_tokens": 100})
        for row, score in enumerate(right)
    ]
    (folder / f"output-rs{seed}.jsonl").write_text("\n".join(lines) + "\n")


def is_right(row: int, seed: int) -> bool:
    """About half of all; no two seeds of a row agree for long."""
    return (row * 7 + seed * seed * 5 + seed * row) % 4 < 2
