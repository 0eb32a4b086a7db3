"""Options of jobs: read, checked, and refused where a script could not hold them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from northstar.config.options.jobs import JobOptions, read_job_options, read_sbatch
from northstar.core.errors import UsageError


def test_what_is_not_given_is_left_to_the_cluster() -> None:
    options = read_job_options(JobOptions())
    assert (options.num_jobs, options.run_after, options.sbatch, options.dependent_jobs) == (None, (), {}, 0)


def test_everything() -> None:
    options = read_job_options(
        JobOptions(
            num_jobs=-1,
            run_after=["convert,12", "train"],
            time_min="01:00:00",
            sbatch_kwargs="mem=0",
            log_dir="/logs",
        )
    )
    assert options.run_after == ("convert", "12", "train")
    assert options.sbatch == {"mem": "0"}
    assert options.log_dir == Path("/logs")


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("mem=0 cpus_per_task=16 no-kill", {"mem": "0", "cpus-per-task": "16", "no-kill": True}),
        ('{"nice": 10, "exclusive": true}', {"nice": 10, "exclusive": True}),
        ("--constraint=a100&big", {"constraint": "a100&big"}),
        ("", {}),
    ],
)
def test_further_options_of_sbatch(text: str, read: dict[str, Any]) -> None:
    assert read_sbatch(text) == read


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"num_jobs": 0}, "--num_jobs=0 must be 1 or more, or -1"),
        ({"dependent_jobs": -1}, "--dependent_jobs=-1 must be 0 or more"),
        ({"expname": "a b"}, "--expname='a b' may hold letters"),
        ({"partition": "gpu\n#SBATCH --uid=0"}, "--partition='gpu"),
        ({"sbatch_kwargs": "output=/x"}, "--output is set by Northstar"),
        ({"sbatch_kwargs": "MEM=1"}, "'MEM' is no option of sbatch"),
        ({"sbatch_kwargs": '{"mem": [1]}'}, "value of mem must be one word"),
        ({"sbatch_kwargs": '{"mem": "1\\n2"}'}, "value of mem must be one word"),
        ({"sbatch_kwargs": "{mem"}, "can't be read"),
    ],
)
def test_what_is_wrong_is_said(options: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        read_job_options(JobOptions(**options))
