"""What each recorded command prints and writes is, byte for byte after masking, what it printed and wrote before.

Where that is meant to change: pytest tests/recordings --record, and the difference is read before it is committed.
"""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest

from tests.recordings.clusters import ELSEWHERE, ON_SLURM
from tests.recordings.commands import EVALUATING, JUDGING, PREPARING, SUMMARIZING
from tests.recordings.refusals import INTERRUPTED, REFUSED
from tests.recordings.terminal import Command, record

COMMANDS = [*PREPARING, *EVALUATING, *JUDGING, *INTERRUPTED, *REFUSED, *SUMMARIZING, *ON_SLURM, *ELSEWHERE]
RECORDED = Path(__file__).parent / "recorded"


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_it_prints_and_writes_what_it_did_before(command: Command, request: pytest.FixtureRequest) -> None:
    file, now = RECORDED / f"{command.name}.txt", record(command)
    if request.config.getoption("--record", default=False):
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(now.encode())
    before = file.read_bytes().decode() if file.exists() else ""
    if before != now:
        lines = difflib.unified_diff(before.splitlines(), now.splitlines(), f"recorded/{file.name}", "now", lineterm="")
        pytest.fail("\n".join(lines) or "only the ends of its lines differ", pytrace=False)


def test_each_recording_has_its_command() -> None:
    assert {file.stem for file in RECORDED.iterdir()} == {command.name for command in COMMANDS}
    assert len({command.name for command in COMMANDS}) == len(COMMANDS)
