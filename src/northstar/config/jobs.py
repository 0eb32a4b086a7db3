"""How a run is cut into jobs and what the scheduler is told: the options that `ns eval` and `ns judge` share."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from northstar.config.values import read_value
from northstar.core.credentials import secret_in
from northstar.core.errors import UsageError

Argument = str | int | float | bool | None


class JobOptions(BaseModel):
    """num_jobs: -1 is one a shard; None one a benchmark. run_after: job ids, or experiments by their --expname.

    sbatch: further options of sbatch by their long names; True stands for one without a value. dependent_jobs: copies
    of each job that wait for it, where a job can't be queued again by itself.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    num_jobs: int | None = None
    run_after: tuple[str, ...] = ()
    expname: str | None = None
    partition: str | None = None
    qos: str | None = None
    time_min: str | None = None
    exclusive: bool = False
    sbatch: Mapping[str, Argument] = {}
    dependent_jobs: int = 0
    log_dir: Path | None = None


NAMES = ("num_jobs", "run_after", "expname", "partition", "qos", "time_min", "exclusive", "dependent_jobs", "log_dir")
"""Options of `evaluate` that are passed on as they are; sbatch_kwargs is read first."""

_NOT_OURS = (
    *("output", "error", "job-name", "comment", "dependency", "array", "wrap", "parsable", "nodes", "chdir"),
    "open-mode",
)
"""What the job scripts say themselves, and rely on."""


_NAMES_SECRET = re.compile(r"\b\w*(?:_KEY|_TOKEN|SECRET|PASSWORD)\w*=.", re.IGNORECASE)


def read_job_options(options: Mapping[str, Any]) -> JobOptions:
    """Of the options of `evaluate` those of its jobs. Raises UsageError."""
    given = {name: options[name] for name in NAMES if options.get(name) is not None}
    if isinstance(given.get("run_after"), str):
        given["run_after"] = [given["run_after"]]
    given["run_after"] = tuple(
        part.strip() for text in given.get("run_after", ()) for part in text.split(",") if part.strip()
    )
    try:
        jobs = JobOptions(**given, sbatch=read_sbatch(options.get("sbatch_kwargs") or {}))
    except ValidationError as error:
        problem = error.errors()[0]
        raise UsageError(f"--{problem['loc'][0]}={problem['input']}: {problem['msg'].lower()}.") from None
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
    held: Any = given
    if isinstance(given, str):
        text = given.strip()
        try:
            held = read_value(text) if text.startswith("{") else dict(_pair(word) for word in text.split())
        except ValueError as error:
            raise UsageError(f"--sbatch_kwargs='{given}' can't be read: {error}.") from None
    if not isinstance(held, Mapping):
        raise UsageError(f"--sbatch_kwargs='{given}' must look like 'mem=0 nice=10', or {{\"mem\": 0}}.")
    read: dict[str, Argument] = {}
    for name, value in held.items():
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
