"""Results count as right, and arguments have the types, as in the package evalplus itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from northstar.core.errors import NorthstarError
from northstar.data.environment import Environment, make_environment, site_packages

ROOT = Path(__file__).parents[3]
EVALPLUS = Environment(
    "evalplus", (("evalplus==0.3.1", ("cd601debb67419113d10ac5c3317689d847f27de5d8cf3837975f3cab571b75d",)),)
)


@pytest.mark.slow
def test_results_and_arguments_are_taken_as_evalplus_takes_them(tmp_path: Path) -> None:
    try:
        packages = site_packages(make_environment(EVALPLUS, tmp_path))
    except NorthstarError as error:
        pytest.skip(f"NO EVALPLUS: {error}")
    words = [sys.executable, "-m", "tests.benchmarks.programs.evalplus_rules", str(packages)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    *differences, count = done.stdout.splitlines()
    assert (differences, int(count) > 10_000) == ([], True)
