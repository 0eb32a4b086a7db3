"""Slurm: jobs are submitted, asked about and ended by its own commands, in whatever version they are there."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from northstar.config.options.jobs import Argument
from northstar.core.errors import NorthstarError
from northstar.jobs.watched import JobState, State

SECONDS = 60.0
"""Longer nobody waits for one of Slurm's commands; a controller that is overloaded takes some."""
_GPUS = re.compile(r"gpu:(?:[^:,()\s]+:)?(\d+)")
"""In 'gpu:8', 'gpu:h100:8(S:0-1)', 'gpu:1g.10gb:7,nvme:1'."""
_VARIABLES = {"time": "TIMELIMIT", "job-name": "JOB_NAME", "mem": "MEM_PER_NODE"}
"""sbatch's options whose variables have other names."""
_MARK = "northstar:"
_OF_THE_CLUSTER = ("SLURM_CONF", "SLURM_CLUSTERS")
_RUNNING = ("RUNNING", "COMPLETING", "STAGE_OUT", "SIGNALING", "STOPPED", "SUSPENDED", "RESIZING")
_PENDING = ("PENDING", "CONFIGURING", "REQUEUED", "REQUEUE_HOLD", "REQUEUE_FED", "SPECIAL_EXIT", "RESV_DEL_HOLD")


class Slurm:
    """Slurm's commands: sbatch, squeue, sacct, scancel, sinfo."""

    def submit(self, script: Path, environment: Mapping[str, str]) -> str:
        own = submission_environment({**os.environ, **environment}, script.read_text())
        said = self._run(["sbatch", "--parsable", str(script)], own).strip()
        number = said.splitlines()[-1].partition(";")[0] if said else ""
        if not number.isdecimal():
            raise NorthstarError(f"sbatch {script} said '{said[:200]}' where a job's number was expected.")
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
        """This user's jobs that Slurm knows, by number, and the script of each."""
        listed = self._run(["squeue", "--noheader", "--states=all", "--format=%i|%o", *_mine()]).splitlines()
        parted = (line.strip().partition("|") for line in listed)
        return {number: script for number, _, script in parted if is_job_number(number)}

    def cancel(self, ids: Collection[str]) -> None:
        if wrong := [number for number in ids if not is_job_number(number)]:
            raise NorthstarError(f"{wrong[0]!r} is no number of a Slurm job.")
        if ids:
            self._run(["scancel", "--quiet", *sorted(ids, key=int)])

    def experiments(self) -> dict[str, list[str]]:
        """Experiment → its jobs, by their comment: of each name the last, for as long as Slurm remembers it.

        One that has failed is among them, so that what waits for it never begins.
        """
        return experiments(self._run(["squeue", "--noheader", "--states=all", "--format=%i|%k|%j", *_mine()]))

    def partitions(self) -> dict[str, str]:
        """Partition → the longest time that a job may take there, in Slurm's words: '1-00:00:00', 'infinite'."""
        listed = self._run(["sinfo", "--noheader", "--format=%R %l"]).splitlines()
        return dict(sorted((line.split()[0], line.split()[1]) for line in listed if len(line.split()) == 2))

    def would_take(self, options: Iterable[tuple[str, Argument]]) -> None:
        """Raises NorthstarError, with Slurm's reason, if sbatch would refuse a job with these options."""
        words = [f"--{name}" if value is True else f"--{name}={value}" for name, value in options]
        self._run(["sbatch", "--test-only", *words, "--wrap=true"])

    def gpus_per_node(self, partition: str | None) -> int | None:
        """The most GPUs of a node in the partition; None where Slurm says nothing of them."""
        words = ["sinfo", "--noheader", "--format=%G", *([f"--partition={partition}"] if partition else [])]
        found = [int(number) for number in _GPUS.findall(self._run(words))]
        return max(found, default=None)

    def _ended(self, ids: Iterable[str]) -> dict[str, JobState]:
        """Of jobs that left the queue: from accounting, where there is some."""
        try:
            numbers = sorted(ids, key=int)
            words = ["sacct", "--noheader", "--parsable2", "--allocations", "--format=JobIDRaw,State,ExitCode,Reason"]
            return accounted(self._run([*words, "--jobs", ",".join(numbers)]))
        except NorthstarError:  # no accounting here; the jobs' own files tell how they ended
            return {}

    def _run(self, words: Sequence[str], environment: Mapping[str, str] | None = None) -> str:
        try:
            done = subprocess.run(
                words, env=environment, capture_output=True, text=True, errors="replace", timeout=SECONDS
            )
        except FileNotFoundError:
            raise NorthstarError(f"there is no {words[0]} here: this machine can't submit to Slurm.") from None
        except subprocess.TimeoutExpired:
            raise NorthstarError(
                f"{words[0]} did not answer within {SECONDS:g} s; is Slurm's controller well?"
            ) from None
        if done.returncode != 0:
            said = " ".join(done.stderr.split()) or f"exit status {done.returncode}"
            said = said[:500].removeprefix(words[0] + ": ").removeprefix("error: ")
            raise NorthstarError(f"{words[0]}: {said.removesuffix('.')}.")
        return done.stdout


def is_job_number(text: str) -> bool:
    """Digits, and nothing that scancel or sacct could take for an option or for more than one job."""
    return re.fullmatch("[1-9][0-9]{0,17}", text, re.ASCII) is not None


def submission_environment(own: Mapping[str, str], script: str) -> dict[str, str]:
    """Without variables that sbatch would rather believe than the script, and without those of a job that this process
    itself runs in: they would be handed on, and srun takes them for what was asked of the new one.
    """
    said = re.findall(r"^#SBATCH --([a-z-]+)", script, re.MULTILINE)
    dropped = {"SBATCH_" + _VARIABLES.get(name, name.upper().replace("-", "_")) for name in said}
    dropped |= {"SBATCH_NO_REQUEUE", "SBATCH_ARRAY_INX", "SBATCH_EXPORT", "SLURM_EXPORT_ENV"}
    if "SLURM_JOB_ID" in own:
        dropped |= {name for name in own if name.startswith("SLURM_") and name not in _OF_THE_CLUSTER}
    return {name: value for name, value in own.items() if name not in dropped}


def comment(expname: str) -> str:
    """What marks the jobs of an experiment."""
    return f"{_MARK}{plain_name(expname)}"


def plain_name(expname: str) -> str:
    """The experiment's name as jobs bear it: a folder's name may hold anything."""
    return re.sub(r"[^\w.,:+-]+", "-", expname) or "-"


def experiments(listed: str) -> dict[str, list[str]]:
    """`squeue --format=%i|%k|%j`: experiment → the newest number of each of its jobs' names."""
    newest: dict[str, dict[str, str]] = {}
    for line in listed.splitlines():
        number, _, rest = line.strip().partition("|")
        marked, _, name = rest.partition("|")
        if number.isdecimal() and marked.startswith(_MARK):
            jobs = newest.setdefault(marked.removeprefix(_MARK), {})
            jobs[name] = max(number, jobs.get(name, "0"), key=int)
    return {expname: sorted(jobs.values(), key=int) for expname, jobs in newest.items()}


def queued(listed: str) -> dict[str, JobState]:
    """`squeue --format=%i|%T|%r`: number → state. Lines of another form are left out."""
    found: dict[str, JobState] = {}
    for line in listed.splitlines():
        parts = line.strip().split("|")
        if len(parts) >= 2 and parts[0].isdecimal():
            found[parts[0]] = state_of(parts[1], parts[2] if len(parts) > 2 else "")
    return found


def accounted(listed: str) -> dict[str, JobState]:
    """`sacct --parsable2 --format=JobIDRaw,State,ExitCode,Reason`; of a job that was queued again its last line."""
    found: dict[str, JobState] = {}
    for line in listed.splitlines():
        parts = line.split("|")
        if len(parts) >= 2 and parts[0].isdecimal():
            status = parts[2].partition(":")[0] if len(parts) > 2 else ""
            reason = f"exit status {status}" if status not in ("", "0") else "".join(parts[3:4])
            found[parts[0]] = state_of(parts[1], reason)
    return found


def state_of(slurms: str, reason: str = "") -> JobState:
    """Of Slurm's word for it: 'RUNNING', 'CANCELLED by 1000', 'NODE_FAIL', …; one that is unknown is a failure."""
    word = slurms.split()[0].rstrip("+") if slurms.split() else ""
    told = "" if reason in ("None", "") else reason
    if word == "COMPLETED":
        return JobState("done")
    if word in _RUNNING:
        return JobState("running", "" if word == "RUNNING" else word.lower())
    if word in _PENDING:
        return JobState("pending", told)
    state: State = "cancelled" if word in ("CANCELLED", "PREEMPTED", "REVOKED") else "failed" if word else "unknown"
    if word == "FAILED":
        return JobState(state, told)
    return JobState(state, " ".join(filter(None, [word.lower().replace("_", " "), f"({told})" if told else ""])))


def _mine() -> list[str]:
    return [f"--user={os.getuid()}"]  # LOGNAME may be somebody else's
