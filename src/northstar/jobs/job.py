"""Reads and writes jobs: what one worker does, and the folder of its script, logs and progress.

<output_dir>/eval-logs/jobs/003/            one submission: an `ns eval`, or `ns judge`
    submission.json                         the jobs, their ids at the scheduler, their shards
    aime24-rs3/job.json                     the plan of the worker
    aime24-rs3/job.sh                       starts it (Slurm)
    aime24-rs3/progress.json                its progress, updated while it works
    aime24-rs3/*.log
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import (
    BaseModel,
    ConfigDict,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
    model_validator,
)

from northstar.config.plan import Plan
from northstar.core.atomic import remove_abandoned, whole_file
from northstar.core.errors import NorthstarError
from northstar.core.regular import read_whole
from northstar.progress.progress_file import Progress, read_progress
from northstar.results.layout import Shard, logs_folder, shard_key

JOB_FILE = "job.json"
SUBMISSION_FILE = "submission.json"
_ID = re.compile(r"[A-Za-z0-9][^\s/\0]{0,300}", re.ASCII)
"""A valid job id: a command can't mistake it for an option or a path."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)  # a later version may write more


class SummaryPlan(_Part):
    """The output folder that a job summarizes; `recipe`: whose verdicts it prints after the tables."""

    output_dir: Path
    extra_benchmarks: tuple[Path, ...] = ()
    recipe: str | None = None

    @model_serializer(mode="wrap")
    def _as_it_is_stored(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave `recipe` out where there is none, as job files of earlier versions do."""
        fields: dict[str, Any] = serialize(self)
        return {name: value for name, value in fields.items() if name != "recipe" or value is not None}


class Job(_Part):
    """What one worker does: a plan or a summary. name: the name of its folder."""

    name: str
    plan: Plan | None = None
    summary: SummaryPlan | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Job:
        """Job files of earlier versions have neither: they keep the plan under other names."""
        if (self.plan is None) == (self.summary is None):
            raise ValueError("it has no plan that this version reads; submit it again by the same command")
        return self

    @property
    def kind(self) -> str:
        return "summary" if self.plan is None else kind_of(self.plan)


class JobShard(_Part):
    """A shard as `ns status` shows it. stem: its file's name without suffix. judge: the judge's folder, if judged."""

    benchmark: str
    stem: str
    rows: int
    judge: str | None = None

    @property
    def key(self) -> str:
        """'aime24/output-rs3', or 'hle/judgements/o3-mini/output-rs3'."""
        return shard_key(self.benchmark, self.stem, self.judge)


class SubmittedJob(_Part):
    """A job as its submission records it.

    Attributes:
        ids: The scheduler's ids of the job and of the copies that wait for it; 'host:process' of a local run.
        began: Start time of a local run's process, from own_process.began.
        after: Names of the jobs it waits for.
        log: Pattern of the log file's path.
        shares: Whether it shares its shards with the other jobs that do.
    """

    name: str
    kind: str
    ids: tuple[str, ...]
    began: str = ""
    shards: tuple[JobShard, ...] = ()
    after: tuple[str, ...] = ()
    log: str = ""
    shares: bool = False

    @model_serializer(mode="wrap")
    def _as_it_is_stored(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave `shares` out where it is not set: records of earlier versions have no such field."""
        fields: dict[str, Any] = serialize(self)
        return {name: value for name, value in fields.items() if value or name != "shares"}


class Submission(_Part):
    """The jobs of one `ns eval` or `ns judge`. executor: the name of the executor that knows their ids."""

    number: int
    executor: str
    cluster: str
    submitted: str
    expname: str = ""
    command: tuple[str, ...] = ()
    jobs: tuple[SubmittedJob, ...] = ()

    @model_validator(mode="after")
    def _plain(self) -> Submission:
        """Check names and ids: others may write the file, names become paths, and ids go to scancel or kill."""
        for job in self.jobs:
            if job.name in ("", ".", "..") or "/" in job.name or "\0" in job.name:
                raise ValueError(f"{job.name!r} is not a valid job name")
            if wrong := [number for number in job.ids if not _ID.fullmatch(number)]:
                raise ValueError(f"{wrong[0]!r} is not a valid job id")
        return self


class RecordedJob(NamedTuple):
    """A job on record. folder: the job's. progress: the last progress its worker wrote."""

    job: SubmittedJob
    folder: Path
    executor: str
    progress: Progress | None


def kind_of(plan: Plan) -> str:
    """Return the command that makes such a plan: 'eval' or 'judge'."""
    return "judge" if plan.generate is None else "eval"


def shown_shards(shards: Iterable[Shard], judge: str | None = None) -> tuple[JobShard, ...]:
    return tuple(
        JobShard(benchmark=shard.benchmark, stem=shard.stem, rows=len(shard.rows), judge=judge) for shard in shards
    )


def jobs_folder(output_dir: Path) -> Path:
    return logs_folder(output_dir) / "jobs"


def submission_folder(output_dir: Path, number: int) -> Path:
    return jobs_folder(output_dir) / f"{number:03d}"


def next_number(output_dir: Path) -> int:
    """Return the number of the next submission."""
    return max(_numbers(jobs_folder(output_dir)), default=0) + 1


def new_submission(output_dir: Path) -> tuple[int, Path]:
    """Make the folder of the next submission; return its number and path. Two callers never get the same one.

    Removes the temporary files that killed writers left in earlier submissions.
    """
    folder = jobs_folder(output_dir)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for earlier in (*folder.glob("*/"), *folder.glob("*/*/")):  # of a submission, of a job
            remove_abandoned(earlier)
        number = next_number(output_dir)
        while True:
            try:
                submission_folder(output_dir, number).mkdir()
            except FileExistsError:
                number += 1
            else:
                return number, submission_folder(output_dir, number)
    except OSError as error:
        raise NorthstarError(f"cannot make the folder {error.filename or folder}: {error.strerror}.") from None


def write_job(folder: Path, job: Job) -> Path:
    """Write job.json into the job's folder, which is made if missing, and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / JOB_FILE
    _write(path, job.model_dump(mode="json", exclude_none=False))
    return path


def read_job(path: Path) -> Job:
    """Read a job.json. Raises NorthstarError."""
    try:
        return Job.model_validate_json(read_whole(path))
    except OSError as error:
        raise NorthstarError(f"cannot read {path}: {error.strerror}.") from None
    except ValidationError as error:
        raise NorthstarError(f"{path} is not a job file of this version: {error.errors()[0]['msg']}.") from None


def write_submission(folder: Path, submission: Submission) -> None:
    _write(folder / SUBMISSION_FILE, submission.model_dump(mode="json"))


def recorded_jobs(output_dir: Path) -> list[RecordedJob]:
    """Return all jobs on record, oldest first."""
    return read_records(output_dir)[0]


def read_records(output_dir: Path) -> tuple[list[RecordedJob], list[str]]:
    """Return all jobs on record, oldest first, and one sentence for each damaged record."""
    found: list[RecordedJob] = []
    notes: list[str] = []
    for folder, submission in _submissions(output_dir, notes):
        for job in submission.jobs:
            progress = read_progress(folder / job.name)
            found.append(RecordedJob(job, folder / job.name, submission.executor, progress))
    return found, notes


def _submissions(output_dir: Path, notes: list[str]) -> list[tuple[Path, Submission]]:
    """Return folder and record of all submissions, oldest first; add a sentence to `notes` for each damaged one."""
    folder = jobs_folder(output_dir)
    found: list[tuple[Path, Submission]] = []
    for number in sorted(_numbers(folder)):
        place = submission_folder(output_dir, number)
        try:
            found.append((place, Submission.model_validate_json(read_whole(place / SUBMISSION_FILE))))
        except FileNotFoundError:  # still being made
            continue
        except NorthstarError as error:
            notes.append(str(error))
        except OSError as error:
            notes.append(f"{place / SUBMISSION_FILE} can't be read: {error.strerror}.")
        except ValidationError as error:
            notes.append(f"{place / SUBMISSION_FILE} is not a valid record of jobs: {_why(error)}.")
    return found


def _why(error: ValidationError) -> str:
    return error.errors()[0]["msg"].removeprefix("Value error, ")


def read_submission(file: Path) -> Submission | None:
    """Read a submission; None if it is damaged or incomplete."""
    try:
        return Submission.model_validate_json(read_whole(file))
    except (OSError, ValidationError, NorthstarError):
        return None


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _numbers(folder: Path) -> Sequence[int]:
    return [int(child.name) for child in folder.iterdir() if child.name.isdecimal()] if folder.is_dir() else []


def _write(path: Path, content: Any) -> None:
    with whole_file(path) as file:
        file.write(json.dumps(content, indent=1, ensure_ascii=False).encode() + b"\n")
