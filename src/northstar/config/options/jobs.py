"""The options of jobs and their scheduler that `ns eval` and `ns judge` share."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from northstar.config.options.option import Moves, option
from northstar.core.errors import UsageError
from northstar.core.paths import AnyPath

Argument = str | int | float | bool | None


PANEL = "Jobs on Slurm"


@dataclass(frozen=True, kw_only=True)
class JobOptions:
    """How to split a run into jobs, and their Slurm options."""

    num_jobs: int | None = option(
        None,
        help="Run as N jobs that share all of the work; the same command adds jobs. -1: "
        "one job for each benchmark and seed [dim](default: one a benchmark; on this machine all in one)[/dim].",
        panel=PANEL,
    )
    expname: str | None = option(
        None, help="The jobs' common name [dim](default: the output folder's)[/dim].", panel=PANEL
    )
    run_after: Sequence[str] = option(
        (),
        help="Start after these have succeeded: an --expname, or job numbers.",
        panel=PANEL,
        typed=list[str] | None,
    )
    partition: str | None = option(
        None, help="Partition of jobs that start a server [dim](default: the cluster config's)[/dim].", panel=PANEL
    )
    qos: str | None = option(None, help="Quality of service.", panel=PANEL)
    time_min: str | None = option(None, help="The shortest time limit that Slurm may give a job.", panel=PANEL)
    exclusive: bool = option(False, help="Use whole nodes for jobs that start a server.", panel=PANEL)
    sbatch_kwargs: str | Mapping[str, Any] | None = option(
        None, help="More options of sbatch: 'mem=0 nice=10'.", panel=PANEL, typed=str | None
    )
    dependent_jobs: int = option(
        0, help="Copies of each job that continue one after the other, where jobs may not be requeued.", panel=PANEL
    )
    log_dir: AnyPath | None = option(
        None,
        help="Where Slurm's logs go [dim](default: eval-logs of the output)[/dim].",
        panel=PANEL,
        typed=Path | None,
        moves=Moves.PATH,
    )

    @property
    def shares(self) -> bool:
        """Whether each job takes work from what all jobs of the output folder share."""
        return self.num_jobs is not None and self.num_jobs >= 2

    @property
    def sbatch(self) -> Mapping[str, Argument]:
        """Further options of sbatch by their long names; True stands for one without a value. Raises UsageError."""
        return read_sbatch(self.sbatch_kwargs or {})


_NOT_OURS = (
    *("output", "error", "job-name", "comment", "dependency", "array", "wrap", "parsable", "nodes", "chdir"),
    "open-mode",
)
"""What the job scripts say themselves, and rely on."""


_NAMES_SECRET = re.compile(r"\b\w*(?:_KEY|_TOKEN|SECRET|PASSWORD)\w*=.", re.IGNORECASE)


def read_job_options(options: JobOptions) -> JobOptions:
    """The same, checked: run_after as single names and numbers, sbatch_kwargs as a mapping. Raises UsageError."""
    from pydantic import TypeAdapter, ValidationError

    named = [options.run_after] if isinstance(options.run_after, str) else options.run_after
    after = tuple(part.strip() for text in named for part in text.split(",") if part.strip())
    try:
        jobs = TypeAdapter(JobOptions).validate_python(vars(options) | {"run_after": after})
    except ValidationError as error:
        problem = error.errors()[0]
        raise UsageError(f"--{problem['loc'][0]}={problem['input']}: {problem['msg'].lower()}.") from None
    jobs = replace(jobs, sbatch_kwargs=options.sbatch, log_dir=None if jobs.log_dir is None else Path(jobs.log_dir))
    if jobs.num_jobs is not None and jobs.num_jobs != -1 and jobs.num_jobs < 1:
        raise UsageError(f"--num_jobs={jobs.num_jobs} must be 1 or more, or -1 for one a benchmark and seed.")
    if jobs.dependent_jobs < 0:
        raise UsageError(f"--dependent_jobs={jobs.dependent_jobs} must be 0 or more.")
    for name in ("expname", "partition", "qos", "time_min"):
        value = getattr(jobs, name)
        if value is not None and not re.fullmatch(r"[A-Za-z0-9_.,:+-]+", value):
            raise UsageError(f"--{name}='{value}' may hold letters, digits and _ . , : + - only.")
    return jobs


def read_sbatch(given: str | Mapping[str, Any] | Sequence[str]) -> dict[str, Argument]:
    """'{"mem": "0", "nice": 10}' or 'mem=0 nice=10 no-kill' → options of sbatch. Raises UsageError."""
    from northstar.config.values import read_value
    from northstar.core.credentials import secret_in

    value_given: Any = given
    if isinstance(given, str):
        text = given.strip()
        try:
            value_given = read_value(text) if text.startswith("{") else dict(_pair(word) for word in text.split())
        except ValueError as error:
            raise UsageError(f"--sbatch_kwargs='{given}' can't be read: {error}.") from None
    if not isinstance(value_given, Mapping):
        raise UsageError(f"--sbatch_kwargs='{given}' must look like 'mem=0 nice=10', or {{\"mem\": 0}}.")
    read: dict[str, Argument] = {}
    for name, value in value_given.items():
        plain = str(name).lstrip("-").replace("_", "-")
        if not re.fullmatch(r"[a-z][a-z0-9-]*", plain):
            raise UsageError(f"--sbatch_kwargs: '{name}' is no option of sbatch by its long name.")
        if plain in _NOT_OURS:
            raise UsageError(f"--sbatch_kwargs: --{plain} is set by Northstar; leave it out.")
        if secret_in(value) is not None or _NAMES_SECRET.search(str(value)):
            raise UsageError(f"--sbatch_kwargs: {name} holds what looks like a key; jobs have your environment anyway.")
        if not isinstance(value, Argument) or "\n" in str(value):
            raise UsageError(f"--sbatch_kwargs: the value of {name} must be one word or number.")
        read[plain] = value
    return read


def _pair(word: str) -> tuple[str, Argument]:
    name, equals, value = word.partition("=")
    return (name, value) if equals else (name, True)
