"""Reads output folders of earlier versions, which kept each split's results in eval-results/<benchmark>/."""

from __future__ import annotations

from pathlib import Path

from northstar.provenance.results_name import results_name
from northstar.results.layout import RUN_JSON
from northstar.results.run_json import read_run_json


def split_there(output_dir: Path, benchmark: str, seed: int | None) -> str | None:
    """Find the split of a benchmark's results in run.json, the first of the kind of `seed`; None if there are none."""
    results = read_run_json(output_dir / RUN_JSON).get("results", {})
    kinds = (seed, 0 if seed is None else None)
    found = (results.get(results_name(benchmark, kind), {}).get("split") for kind in kinds)
    return next((split for split in found if isinstance(split, str)), None)
