"""Stands in for Slurm: its commands over one state file. Jobs begin when `run_jobs` is called, one after the other.

Called as `slurm.py COMMAND WORD…`. STAND_INS is the folder of its state; a file `limit` in it holds the number of jobs
that sbatch takes before it refuses more.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

FOLDER = Path(os.environ["STAND_INS"])
STATE = FOLDER / "slurm.json"
FIRST = 101
Job = dict[str, str]


def sbatch(words: Sequence[str]) -> int:
    if "--test-only" in words:
        if "--cpus-per-task=99" in words:
            return _refuse("sbatch: error: CPU count per node can not be satisfied")
        return 0
    jobs, script = _jobs(), words[-1]
    limit = FOLDER / "limit"
    if limit.exists() and len(jobs) >= int(limit.read_text()):
        return _refuse("sbatch: error: QOSMaxSubmitJobPerUserLimit")
    asked = dict(re.findall(r"^#SBATCH --([\w-]+)=(.*)$", Path(script).read_text(), re.MULTILINE))
    number = str(FIRST + len(jobs))
    (FOLDER / f"environment-{number}.json").write_text(json.dumps(dict(os.environ)))
    jobs[number] = {
        "state": "PENDING",
        "reason": "Dependency" if "dependency" in asked else "Priority",
        "script": script,
        "name": asked["job-name"],
        "comment": asked["comment"],
        "dependency": asked.get("dependency", ""),
        "log": asked["output"].replace("%j", number),
    }
    _write(jobs)
    print(number)
    return 0


def squeue(words: Sequence[str]) -> int:
    told = dict(word.lstrip("-").partition("=")[::2] for word in words)
    wanted = told.get("jobs", "").split(",") if "jobs" in told else None
    for number, job in _jobs().items():
        if wanted is None or number in wanted:
            fields = {"i": number, "T": job["state"], "r": job["reason"], "o": job["script"]}
            fields |= {"k": job["comment"], "j": job["name"]}
            print("".join(fields.get(letter, letter) for letter in told["format"].replace("%", "")))
    return 0


def scancel(words: Sequence[str]) -> int:
    jobs = _jobs()
    for number in words:
        if number in jobs and jobs[number]["state"] in ("PENDING", "RUNNING"):
            jobs[number] |= {"state": "CANCELLED", "reason": "None"}
    _write(jobs)
    return 0


def sinfo(words: Sequence[str]) -> int:
    print("gpu:8" if "--format=%G" in words else "main 1-00:00:00\ncpu 04:00:00")
    return 0


def sacct(words: Sequence[str]) -> int:
    return _refuse("Slurm accounting storage is disabled")


def scontrol(words: Sequence[str]) -> int:
    jobs = _jobs()
    jobs[words[-1]] |= {"state": "PENDING", "reason": "BeginTime"}
    _write(jobs)
    return 0


def srun(words: Sequence[str]) -> int:
    """All but the options, which are those of Slurm and of its containers."""
    if "--help" in words:
        print("      --container-image=[USER@][REGISTRY#]IMAGE[:TAG]|PATH")
        return 0
    first = next(place for place, word in enumerate(words) if not word.startswith("--"))
    os.execvp(words[first], [*words[first:]])  # so it gets the signals that srun hands on
    raise AssertionError


def run_jobs(words: Sequence[str]) -> int:
    """Begin each job that waits, in order; those named, or all. One whose dependency failed never begins.

    USR1 is handed on to the job that runs, as Slurm does before its time limit.
    """
    for number in words or list(_jobs()):
        job = _jobs()[number]
        if job["state"] != "PENDING":
            continue
        before = [_jobs().get(each, {"state": "COMPLETED"})["state"] for each in _numbers(job["dependency"])]
        if "afterok" in job["dependency"] and any(state != "COMPLETED" for state in before):
            _set(number, state="CANCELLED", reason="DependencyNeverSatisfied")
            continue
        _set(number, state="RUNNING", reason="None")
        with Path(job["log"]).open("a") as log:
            environment = json.loads((FOLDER / f"environment-{number}.json").read_text())
            environment["SLURM_JOB_ID"] = number
            with subprocess.Popen(["bash", job["script"]], env=environment, stdout=log, stderr=log) as process:
                signal.signal(signal.SIGUSR1, lambda *_, process=process: process.send_signal(signal.SIGUSR1))
        if _jobs()[number]["state"] == "RUNNING":
            _set(number, state="FAILED" if process.returncode else "COMPLETED", reason=_reason(process.returncode))
        print(f"{number} {_jobs()[number]['state']}")
    return 0


def _reason(status: int) -> str:
    return "NonZeroExitCode" if status else "None"


def _numbers(dependency: str) -> list[str]:
    return re.findall(r"\d+", dependency)


def _jobs() -> dict[str, Job]:
    return json.loads(STATE.read_text()) if STATE.exists() else {}


def _set(number: str, **changed: str) -> None:
    jobs = _jobs()
    jobs[number] |= changed
    _write(jobs)


def _write(jobs: dict[str, Job]) -> None:
    STATE.write_text(json.dumps(jobs))


def _refuse(why: str) -> int:
    print(why, file=sys.stderr)
    return 1


COMMANDS: dict[str, Callable[[Sequence[str]], Any]] = {
    each.__name__: each for each in (sbatch, squeue, scancel, sinfo, sacct, scontrol, srun, run_jobs)
}

if __name__ == "__main__":
    sys.exit(COMMANDS[sys.argv[1]](sys.argv[2:]))
