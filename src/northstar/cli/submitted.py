"""What `ns eval` and `ns judge` print when jobs were submitted in place of a run."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from northstar.text import printable

if TYPE_CHECKING:
    from northstar.config.cluster import Cluster
    from northstar.config.plan import JudgingPlan, Plan

MOST_SHOWN = 20


def print_submission(plan: Plan | JudgingPlan, cluster: Cluster, jobs: Mapping[str, Any], where: Sequence[str]) -> None:
    """Submit the plan and print the jobs, a line each, and how to watch them. where: the words for `ns status`."""
    from northstar.submitting import submit_plan

    submitted = submit_plan(plan, cluster, jobs)
    for note in submitted.notes:
        print(f"note: {printable(note)}", file=sys.stderr)
    if not submitted.jobs:
        print("Nothing to submit.")
        return
    for job in submitted.jobs[:MOST_SHOWN]:
        waits = f", after {', '.join(job.after[:3])}{' …' if len(job.after) > 3 else ''}" if job.after else ""
        print(f"{' '.join(job.ids):>10}  {job.name}{waits}")
    if len(submitted.jobs) > MOST_SHOWN:
        print(f"{'…':>10}  and {len(submitted.jobs) - MOST_SHOWN} more")
    print(f"{len(submitted.jobs)} jobs submitted to {cluster.name}; their scripts lie in {submitted.folder}")
    print(f"Watch them: ns status {shlex.join(where)}")


def watch_words(output_dir: Path, cluster: str, config_dir: Path | None) -> list[str]:
    """The folder as it was typed, so that they are right from a laptop as well."""
    config = [f"--config_dir={config_dir}"] if config_dir is not None else []
    return [str(output_dir), f"--cluster={cluster}", *config]


def check_jobs(jobs: Mapping[str, Any]) -> None:
    """Raises UsageError, also where they mean nothing, or nothing is run."""
    from northstar.config.jobs import read_job_options

    read_job_options(jobs)


def note_unused(jobs: Mapping[str, Any]) -> None:
    """Say which mean nothing on this machine."""
    given = [f"--{name}={value}" for name, value in jobs.items() if value and (name, value) != ("num_jobs", 1)]
    if given:
        verb = "is" if len(given) == 1 else "are"
        print(f"note: {', '.join(given)} {verb} for clusters; here all is one job with one queue.", file=sys.stderr)
