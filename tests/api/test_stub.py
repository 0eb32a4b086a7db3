"""What editors and type checkers see of the Python API is what it takes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.api.stub import FILE, stub

CALLS = """
import northstar

reveal_type(northstar.evaluate("smoke:4", output_dir="out", model="m", server_gpus=8, judge_model="j"))
northstar.evaluate("smoke", output_dir="out", server_gpus="8")
northstar.evaluate("smoke", output_dir="out", modle="m")
northstar.evaluate("smoke")
northstar.submit("smoke", output_dir="out")
northstar.judge("out", num_jobs=1)
"""


def test_the_stub_is_what_the_options_make_it() -> None:
    assert FILE.read_text() == stub(), "an option has changed: make stub"


@pytest.mark.slow
def test_type_checkers_know_every_keyword(tmp_path: Path) -> None:
    (tmp_path / "calls.py").write_text(CALLS)
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--no-pretty", "calls.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert [line.removeprefix("calls.py:") for line in checked.stdout.splitlines() if "defined" not in line][:-1] == [
        '4: note: Revealed type is "northstar.api.running.Evaluation"',
        '5: error: Argument "server_gpus" to "evaluate" has incompatible type "str"; expected "int | None"  [arg-type]',
        '6: error: Unexpected keyword argument "modle" for "evaluate"; did you mean "model"?  [call-arg]',
        '7: error: Missing named argument "output_dir" for "evaluate"  [call-arg]',
        '8: error: Missing named argument "cluster" for "submit"  [call-arg]',
        '9: error: Unexpected keyword argument "num_jobs" for "judge"  [call-arg]',
    ]
