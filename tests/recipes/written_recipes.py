"""A small recipe as a file, for tests."""

from __future__ import annotations

from pathlib import Path

AIME = """\
model: some/model
runs:
  hot:
    source: a page
    date: 2025-08-12
    settings:
      inference: {temperature: 0.6}
    benchmarks:
      aime24:
        repeats: 16
        published:
          - {metric: symbolic_correct, value: 50.00, n: 200, k: 16, main: true}
"""


def write_recipe(folder: Path, text: str = AIME) -> Path:
    """Write a recipe file and return its path."""
    path = folder / "mine.yaml"
    path.write_text(text)
    return path
