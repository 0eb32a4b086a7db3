"""Resolves --run_after: an experiment's name or job numbers to job ids."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from northstar.core.errors import UsageError, did_you_mean
from northstar.executors.slurm.slurm import Slurm, is_job_number, plain_name
from northstar.jobs.job import SUBMISSION_FILE, jobs_folder, read_submission


def jobs_before(names: Sequence[str], output_dir: Path, slurm: Slurm) -> tuple[list[str], tuple[str, ...]]:
    """Return the job ids, and a note on each experiment whose jobs Slurm has forgotten, as it does after they end.

    Raises:
        UsageError: Neither Slurm nor a record in this output folder or its neighbours knows the name.
    """
    known = slurm.experiments() if any(not is_job_number(name) for name in names) else {}
    numbers: list[str] = []
    notes: list[str] = []
    for name in names:
        if is_job_number(name):
            numbers.append(name)
        elif (plain := plain_name(name)) in known:
            numbers += known[plain]
        elif plain in (recorded := {plain_name(each) for each in _recorded(output_dir)}):
            notes.append(f"--run_after={name}: Slurm knows no job of it any more; nothing is waited for.")
        else:
            near = did_you_mean(name, {*known, *recorded})
            raise UsageError(
                f"--run_after={name}: neither Slurm nor a record in {output_dir.parent}/* knows an experiment of that "
                f"name.{near} It may be an --expname, an output folder's name, or a job's number."
            )
    return numbers, tuple(notes)


def _recorded(output_dir: Path) -> Iterator[str]:
    """Yield the experiments on record in this output folder and its neighbours."""
    beside = jobs_folder(Path("*"))
    for file in output_dir.parent.glob(f"{beside}/*/{SUBMISSION_FILE}"):
        if (submission := read_submission(file)) is not None and submission.expname:
            yield submission.expname
