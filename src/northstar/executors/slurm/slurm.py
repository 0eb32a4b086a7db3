"""Submits, polls and cancels jobs with Slurm's own commands, of any version."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from northstar.config.options.jobs import Argument
from northstar.core.errors import NorthstarError
from northstar.jobs.watched import JobState, State

SECONDS = 60.0
"""Timeout of a Slurm command; an overloaded controller is slow."""
_GPUS = re.compile(r"gpu:(?:[^:,()\s]+:)?(\d+)")
"""Finds the number in 'gpu:8', 'gpu:h100:8(S:0-1)', 'gpu:1g.10gb:7,nvme:1'."""
_VARIABLES = {"time": "TIMELIMIT", "job-name": "JOB_NAME", "mem": "MEM_PER_NODE"}
"""sbatch options whose environment variables have other names."""
_MARK = "northstar:"
_OF_THE_CLUSTER = ("SLURM_CONF", "SLURM_CLUSTERS")
_RUNNING = ("RUNNING", "COMPLETING", "STAGE_OUT", "SIGNALING", "STOPPED", "SUSPENDED", "RESIZING")
_PENDING = ("PENDING", "CONFIGURING", "REQUEUED", "REQUEUE_HOLD", "REQUEUE_FED", "SPECIAL_EXIT", "RESV_DEL_HOLD")


@dataclass(frozen=True)
class Slurm:
    """Slurm's commands: sbatch, squeue, sacct, scancel, sinfo. seconds: the timeout of each."""

    seconds: float = SECONDS

    def submit(self, script: Path, environment: Mapping[str, str]) -> str:
        own = submission_environment({**os.environ, **environment}, script.read_text())
        output = self._run(["sbatch", "--parsable", str(script)], own).strip()
        number = output.splitlines()[-1].partition(";")[0] if output else ""
        if not number.isdecimal():
            raise NorthstarError(f"sbatch {script} printed '{output[:200]}' instead of a job number.")
        return number

    def poll(self, ids: Collection[str]) -> dict[str, JobState]:
        wanted = set(ids)
        if not wanted:
            return {}
        found = queued(self._run(["squeue", "--noheader", "--states=all", "--format=%i|%T|%r", *_mine()]))
        if missing := wanted - set(found):
            found |= self._ended(missing)
        return {number: state for number, state in found.items() if number in wanted}

    def scripts(self) -> dict[str, str]:
        """Return job number → script path of this user's jobs."""
        listed = self._run(["squeue", "--noheader", "--states=all", "--format=%i|%o", *_mine()]).splitlines()
        parted = (line.strip().partition("|") for line in listed)
        return {number: script for number, _, script in parted if is_job_number(number)}

    def cancel(self, ids: Collection[str]) -> None:
        if wrong := [number for number in ids if not is_job_number(number)]:
            raise NorthstarError(f"{wrong[0]!r} is not a Slurm job number.")
        if ids:
            self._run(["scancel", "--quiet", *sorted(ids, key=int)])

    def experiments(self) -> dict[str, list[str]]:
        """Return experiment → its newest job of each name, for as long as Slurm remembers them.

        Failed jobs are included, so that what waits for them never begins.
        """
        return experiments(self._run(["squeue", "--noheader", "--states=all", "--format=%i|%k|%j", *_mine()]))

    def partitions(self) -> dict[str, str]:
        """Return partition → its time limit in Slurm's form: '1-00:00:00', 'infinite'."""
        listed = self._run(["sinfo", "--noheader", "--format=%R %l"]).splitlines()
        return dict(sorted((line.split()[0], line.split()[1]) for line in listed if len(line.split()) == 2))

    def would_take(self, options: Iterable[tuple[str, Argument]]) -> None:
        """Raise NorthstarError, with Slurm's reason, if sbatch would refuse a job with these options."""
        argv = [f"--{name}" if value is True else f"--{name}={value}" for name, value in options]
        self._run(["sbatch", "--test-only", *argv, "--wrap=true"])

    def gpus_per_node(self, partition: str | None) -> int | None:
        """Return the largest number of GPUs on a node of the partition; None if Slurm lists none."""
        argv = ["sinfo", "--noheader", "--format=%G", *([f"--partition={partition}"] if partition else [])]
        found = [int(number) for number in _GPUS.findall(self._run(argv))]
        return max(found, default=None)

    def _ended(self, ids: Iterable[str]) -> dict[str, JobState]:
        """Return the states of jobs that left the queue, from accounting; empty without accounting."""
        try:
            numbers = sorted(ids, key=int)
            argv = ["sacct", "--noheader", "--parsable2", "--allocations", "--format=JobIDRaw,State,ExitCode,Reason"]
            return accounted(self._run([*argv, "--jobs", ",".join(numbers)]))
        except NorthstarError:  # no accounting; the jobs' progress files say how they ended
            return {}

    def _run(self, argv: Sequence[str], environment: Mapping[str, str] | None = None) -> str:
        try:
            done = subprocess.run(
                argv, env=environment, capture_output=True, text=True, errors="replace", timeout=self.seconds
            )
        except FileNotFoundError:
            raise NorthstarError(f"cannot find {argv[0]}: this machine can't submit to Slurm.") from None
        except subprocess.TimeoutExpired:
            raise NorthstarError(
                f"{argv[0]} did not answer within {self.seconds:g} s; is Slurm's controller overloaded or down?"
            ) from None
        if done.returncode != 0:
            stderr = " ".join(done.stderr.split()) or f"exit status {done.returncode}"
            stderr = stderr[:500].removeprefix(argv[0] + ": ").removeprefix("error: ")
            raise NorthstarError(f"{argv[0]}: {stderr.removesuffix('.')}.")
        return done.stdout


def is_job_number(text: str) -> bool:
    """Return whether a text is one job number: scancel or sacct can't mistake it for an option or several jobs."""
    return re.fullmatch("[1-9][0-9]{0,17}", text, re.ASCII) is not None


def submission_environment(own: Mapping[str, str], script: str) -> dict[str, str]:
    """Return the environment for sbatch, without variables that override the script's options.

    Drops the variables of a job that this process runs in, too: srun would take them for settings of the new job.
    """
    options = re.findall(r"^#SBATCH --([a-z-]+)", script, re.MULTILINE)
    dropped = {"SBATCH_" + _VARIABLES.get(name, name.upper().replace("-", "_")) for name in options}
    dropped |= {"SBATCH_NO_REQUEUE", "SBATCH_ARRAY_INX", "SBATCH_EXPORT", "SLURM_EXPORT_ENV"}
    if "SLURM_JOB_ID" in own:
        dropped |= {name for name in own if name.startswith("SLURM_") and name not in _OF_THE_CLUSTER}
    return {name: value for name, value in own.items() if name not in dropped}


def comment(expname: str) -> str:
    """Return the --comment that marks the jobs of an experiment."""
    return f"{_MARK}{plain_name(expname)}"


def plain_name(expname: str) -> str:
    """Replace characters of an experiment's name that Slurm's options can't hold."""
    return re.sub(r"[^\w.,:+-]+", "-", expname) or "-"


def experiments(listed: str) -> dict[str, list[str]]:
    """Parse `squeue --format=%i|%k|%j`: experiment → the newest number of each of its jobs' names."""
    newest: dict[str, dict[str, str]] = {}
    for line in listed.splitlines():
        number, _, rest = line.strip().partition("|")
        marked, _, name = rest.partition("|")
        if number.isdecimal() and marked.startswith(_MARK):
            jobs = newest.setdefault(marked.removeprefix(_MARK), {})
            jobs[name] = max(number, jobs.get(name, "0"), key=int)
    return {expname: sorted(jobs.values(), key=int) for expname, jobs in newest.items()}


def queued(listed: str) -> dict[str, JobState]:
    """Parse `squeue --format=%i|%T|%r`: number → state. Skips other lines."""
    found: dict[str, JobState] = {}
    for line in listed.splitlines():
        parts = line.strip().split("|")
        if len(parts) >= 2 and parts[0].isdecimal():
            found[parts[0]] = state_of(parts[1], parts[2] if len(parts) > 2 else "")
    return found


def accounted(listed: str) -> dict[str, JobState]:
    """Parse `sacct --parsable2 --format=JobIDRaw,State,ExitCode,Reason`; a requeued job's last line counts."""
    found: dict[str, JobState] = {}
    for line in listed.splitlines():
        parts = line.split("|")
        if len(parts) >= 2 and parts[0].isdecimal():
            status = parts[2].partition(":")[0] if len(parts) > 2 else ""
            reason = f"exit status {status}" if status not in ("", "0") else "".join(parts[3:4])
            found[parts[0]] = state_of(parts[1], reason)
    return found


def state_of(slurms: str, reason: str = "") -> JobState:
    """Translate Slurm's state: 'RUNNING', 'CANCELLED by 1000', 'NODE_FAIL', …; an unknown one counts as failed."""
    word = slurms.split()[0].rstrip("+") if slurms.split() else ""
    shown = "" if reason in ("None", "") else reason
    if word == "COMPLETED":
        return JobState("done")
    if word in _RUNNING:
        return JobState("running", "" if word == "RUNNING" else word.lower())
    if word in _PENDING:
        return JobState("pending", shown)
    state: State = "cancelled" if word in ("CANCELLED", "PREEMPTED", "REVOKED") else "failed" if word else "unknown"
    if word == "FAILED":
        return JobState(state, shown)
    return JobState(state, " ".join(filter(None, [word.lower().replace("_", " "), f"({shown})" if shown else ""])))


def _mine() -> list[str]:
    return [f"--user={os.getuid()}"]  # LOGNAME may name another user
