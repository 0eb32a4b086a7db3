"""What to do with a run that has ended: shown to a person at a terminal, never in a log."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path


def next_steps(output_dir: str, environment: Mapping[str, str] = os.environ) -> str:
    """Return the commands that show a run's samples and write its report, as they can be typed here.

    Args:
        output_dir: The folder of the run, as typed.
        environment: `uv run` names itself in it, under UV: `ns` is then on no PATH of the caller's.

    >>> print(next_steps("out", {}))
    next: ns view out                            every sample, in the browser
          ns report out -o report.html           one file to hand on
          ns summarize_results out --verbose     the table again, with a share of each kind
    """
    ns = f"{shlex.quote(_short(environment['UV']))} run ns" if environment.get("UV") else "ns"
    folder = shlex.quote(output_dir)
    steps = {
        f"view {folder}": "every sample, in the browser",
        f"report {folder} -o report.html": "one file to hand on",
        f"summarize_results {folder} --verbose": "the table again, with a share of each kind",
    }
    wide = max(map(len, steps)) + len(ns) + 6
    return "next: " + "\n      ".join(f"{f'{ns} {step}':{wide}}{what}" for step, what in steps.items())


def print_next_steps(output_dir: str) -> None:
    """Print them on stderr where that is a terminal."""
    if sys.stderr.isatty():
        print(f"\n{next_steps(output_dir)}", file=sys.stderr)


def _short(program: str) -> str:
    """The path from here where the program lies below, else as it is."""
    path, here = Path(program), Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else program
