"""Warns of answers that may be cut off within a reasoning, where nobody shows whether the prompt opens one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from northstar.models.templates.finding import is_known
from northstar.reports.answers import Tally
from northstar.results.run_json import read_run_json


def unopened_note(tally: Tally, settings: Mapping[str, Any]) -> str | None:
    """Return a note if some answers end a reasoning that they did not open, and others contain no end of one."""
    if not (tally.unopened and tally.unparted):
        return None
    return (
        f"{tally.unopened:,} of {tally.total:,} generations end a reasoning that they did not open; "
        f"{tally.unparted:,} of {tally.total:,} have no '{settings.get('end_reasoning_string', '</think>')}' and are "
        "graded in full: if the prompt opens the reasoning, use ++parse_reasoning=True."
    )


def is_prompt_seen(output_dir: Path | None, benchmark: str) -> bool:
    """Return whether run.json tells what the benchmark's prompts do with the reasoning."""
    runs = [] if output_dir is None else read_run_json(output_dir / "run.json").get("runs", [])
    findings: list[Any] = []
    for run in runs:
        server = run.get("server")
        found = server.get("reasoning") if isinstance(server, Mapping) else None
        of_benchmark = found.get(benchmark) if isinstance(found, Mapping) else None
        findings += of_benchmark.values() if isinstance(of_benchmark, Mapping) else []
    return bool(findings) and all(map(is_known, findings))
