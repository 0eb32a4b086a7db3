"""The script of a Slurm job: text that a person can read, and submit by hand as well. Pure functions."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from northstar.config.options.jobs import Argument
from northstar.core.errors import UsageError
from northstar.executors.containers.containers import Inside, apptainer_command, pyxis_options

SIGNAL_SECONDS = 300
"""How long before its time limit a job gets the signal to stop gracefully."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """A step of the job. nodes: number of nodes. ranks_a_node: processes per node. inside: its container."""

    command: Sequence[str]
    nodes: int = 1
    ranks_a_node: int = 1
    inside: Inside | None = None
    runtime: str = "pyxis"
    mpi: bool = False

    def argv(self) -> list[str]:
        """Return its srun command."""
        argv = ["srun", "--overlap", f"--nodes={self.nodes}", f"--ntasks={self.nodes * self.ranks_a_node}"]
        argv += [f"--ntasks-per-node={self.ranks_a_node}"]
        argv += ["--relative=0"] if self.nodes == 1 else []
        argv += ["--mpi=pmix"] if self.mpi else []
        if self.inside is None:
            return [*argv, *self.command]
        if self.runtime == "apptainer":
            return [*argv, *apptainer_command(self.inside, self.command)]
        return [*argv, *pyxis_options(self.inside), *self.command]


@dataclass(frozen=True, kw_only=True)
class Script:
    """The contents of a job script.

    Attributes:
        about: What the job does, as comments.
        options: sbatch options by their long names; True for one without a value.
        environment: Variables that must be set when it is submitted.
        folder: The job's folder.
        worker: The worker's step.
        server: The server's step; None without one.
    """

    about: Sequence[str]
    options: Sequence[tuple[str, Argument]]
    environment: Collection[str]
    folder: Path
    worker: Step
    server: Step | None = None

    def text(self) -> str:
        """Return the script. Raises UsageError for an option that Slurm can't parse."""
        parts = [
            sbatch_header(self.options),
            "\n".join(f"# {_one_line(line)}" for line in self.about),
            _ENVIRONMENT.format(names=" ".join(sorted(self.environment))) if self.environment else "",
            f"job={shlex.quote(str(self.folder))}",
            _SERVER.format(step=_lines(self.server.argv(), indent=4)) if self.server is not None else "",
            _WORKER.format(step=_lines(self.worker.argv(), indent=0)),
        ]
        return "\n\n".join(part for part in parts if part) + "\n"


_ENVIRONMENT = """\
# It takes these from the environment in which it was submitted.
for name in {names}; do
    [ -n "${{!name+set}}" ] || {{ echo "the environment variable $name is not set" >&2; exit 2; }}
done"""

_SERVER = """\
# The server, a step of its own: this program starts there what the worker asks for, and starts it again when it dies.
rm -f "$job"/server/rank-*.json "$job"/server/ended
(
    {step} \\
        > "$job/server/step.log" 2>&1 < /dev/null
    echo "status $?" > "$job/server/ended"
) &"""

_WORKER = """\
# Some minutes before the time limit Slurm sends USR1: the worker stops, and the job is queued again and goes on where
# it was. TERM is a preemption, or scancel: all steps get it.
trap 'told=yes; kill -USR1 "$worker"' USR1
trap : TERM

# The worker: it asks, grades and writes.
{step} < /dev/null &
worker=$!
while wait "$worker"; kill -0 "$worker" 2> /dev/null; do :; done
wait "$worker"
status=$?

# 75: it was stopped after it had got something done; 130: before that.
if [ "$told" = yes ]; then
    [ $status = 75 ] && again=yes
    [ $status = 130 ] && echo "Nothing got done before the time limit; the job needs a longer one."
elif [ $status = 75 ] || [ $status = 130 ]; then
    # Not by the time limit. A job that was cancelled isn't running any more by now; one that is makes way for another.
    [ "$(squeue --noheader --jobs="$SLURM_JOB_ID" --format=%T)" = RUNNING ] && again=yes
fi
# Slurm's controller may be away for a moment.
[ "$again" != yes ] || for pause in 0 10 30; do
    sleep $pause
    scontrol requeue "$SLURM_JOB_ID" || continue
    echo "All that was done is kept. The job is queued again and will go on where it was."
    break
done
exit $status"""


def sbatch_header(options: Sequence[tuple[str, Argument]]) -> str:
    """Return the #SBATCH lines. Raises UsageError for an option that Slurm can't parse."""
    return "\n".join(["#!/bin/bash", *(_directive(name, value) for name, value in options)])


def _directive(name: str, value: Argument) -> str:
    """Format an option for sbatch, which parses almost like a shell. Raises UsageError if it can't be written."""
    if value is True:
        return f"#SBATCH --{name}"
    text = str(value)
    if "\\" in text or not text.isprintable():
        raise UsageError(f"Slurm can't parse --{name}={text!a}: remove backslashes and line breaks.")
    plain = re.fullmatch(r"[\w@%+=:,./()-]*", text) is not None
    return f"#SBATCH --{name}={text}" if plain else f"#SBATCH --{name}=" + '"' + text.replace('"', '\\"') + '"'


def _one_line(text: str) -> str:
    """Replace line breaks: the rest of a comment would become a command."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)


def _lines(argv: Sequence[str], indent: int) -> str:
    """Wrap a command over several lines, breaking between arguments."""
    quoted = [shlex.quote(argument) for argument in argv]
    lines, line = [], quoted[0]
    for argument in quoted[1:]:
        if len(line) + len(argument) + indent > 100:
            lines.append(line)
            line = argument
        else:
            line += " " + argument
    return (" \\\n" + " " * (indent + 4)).join([*lines, line])
