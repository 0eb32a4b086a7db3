"""What --run_after waits for, and what it says of a name that it doesn't know."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from northstar.core.errors import UsageError
from northstar.executors.slurm.run_after import jobs_before
from northstar.executors.slurm.slurm import Slurm
from northstar.jobs.job import Submission, new_submission, write_submission


@pytest.fixture(autouse=True)
def _squeue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Slurm, "_run", lambda *_: "7|northstar:my-out|my-out-x\n8|northstar:my-out|my-out-y\n")


def recorded(output_dir: Path, expname: str) -> None:
    number, folder = new_submission(output_dir)
    record = Submission(number=number, executor="slurm", cluster="lab", submitted="now", expname=expname)
    write_submission(folder, record)


@pytest.mark.parametrize(
    ("names", "numbers"),
    [(["my-out"], ["7", "8"]), (["my out"], ["7", "8"]), (["12", "my-out"], ["12", "7", "8"]), ([], [])],
)
def test_experiments_and_numbers(names: Sequence[str], numbers: list[str], tmp_path: Path) -> None:
    assert jobs_before(names, tmp_path / "out", Slurm()) == (numbers, ())


@pytest.mark.parametrize("folder", ["out", "beside"])
def test_one_that_slurm_has_forgotten_is_not_waited_for(folder: str, tmp_path: Path) -> None:
    recorded(tmp_path / folder, "first")
    numbers, notes = jobs_before(["first"], tmp_path / "out", Slurm())
    assert numbers == []
    assert notes == ("--run_after=first: Slurm knows no job of it any more; nothing is waited for.",)


@pytest.mark.parametrize(("typed", "meant"), [("frist", "first"), ("my-uot", "my-out")])
def test_one_that_nobody_knows_is_an_error_that_names_the_nearest(typed: str, meant: str, tmp_path: Path) -> None:
    recorded(tmp_path / "beside", "first")
    with pytest.raises(UsageError, match=rf"^--run_after={typed}: neither Slurm nor .* Did you mean {meant}\?"):
        jobs_before([typed], tmp_path / "out", Slurm())
