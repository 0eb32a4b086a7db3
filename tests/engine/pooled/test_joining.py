"""What several jobs can't do at the same time is refused, with what to do instead; no two lives have one name."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from northstar.core.errors import NorthstarError, UsageError
from northstar.engine.pooled.joining import check_not_pooled, check_pooled, is_pooled, lease_seconds, node_name
from northstar.pool.files import pool_folder
from tests.jobs.plans import plan


def ready(output_dir: Path, pooled: bool = True, **found: Any) -> Any:
    """A plan whose results are as `found` says."""
    mine = plan().model_copy(update={"output_dir": output_dir, "pooled": pooled})
    return cast(Any, SimpleNamespace(plan=mine, **{"anew": False, "grown": {}, "growing": {}, **found}))


@pytest.mark.parametrize(
    ("found", "what"),
    [
        ({"anew": True}, "--rerun_done"),
        ({"growing": {"aime24": object()}}, "--precision"),
        ({"grown": {"aime24": 10}}, "adding rows to results"),
    ],
)
def test_what_needs_one_job_is_refused(tmp_path: Path, found: Any, what: str) -> None:
    with pytest.raises(NorthstarError, match=f"^{what} does not go with --num_jobs: run it as one job"):
        check_pooled(ready(tmp_path, **found))
    with pytest.raises(
        NorthstarError, match=rf"^{what} does not go with {tmp_path}/eval-logs/pool, work that other jobs"
    ):
        check_pooled(ready(tmp_path, pooled=False, **found))


def test_jobs_begin_anew_where_results_were_set_aside_before(tmp_path: Path) -> None:
    check_pooled(ready(tmp_path, anew=True), sets_aside=True)


def test_a_run_joins_what_jobs_share_or_have_left(tmp_path: Path) -> None:
    alone = plan().model_copy(update={"output_dir": tmp_path})
    assert not is_pooled(alone)
    pool_folder(tmp_path).mkdir(parents=True)
    assert is_pooled(alone)


def test_a_run_of_one_job_ends_where_jobs_began_to_share_it_meanwhile(tmp_path: Path) -> None:
    alone = plan().model_copy(update={"output_dir": tmp_path})
    check_not_pooled(alone)
    pool_folder(tmp_path).mkdir(parents=True)
    with pytest.raises(NorthstarError, match="began just now; run the same command again, and it is one of them"):
        check_not_pooled(alone)


def test_each_life_has_a_name_of_its_own_that_says_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLURM_JOB_ID", "17")
    job = plan().model_copy(update={"job": "jobs/001/shared-1"})
    assert re.fullmatch("17-[0-9a-f]{8}", node_name(job))
    assert node_name(job) != node_name(job)
    assert not node_name(plan()).startswith("17-")  # not a job of Northstar's: others may run in the same allocation


@pytest.mark.parametrize("text", ["soon", "0", "-5", "nan", "inf"])
def test_a_lease_that_is_no_time_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("NORTHSTAR_LEASE_SECONDS", text)
    with pytest.raises(UsageError, match=f"NORTHSTAR_LEASE_SECONDS={text} must be a number of seconds, 1 or more"):
        lease_seconds()


def test_without_a_word_on_it_the_lease_is_two_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NORTHSTAR_LEASE_SECONDS", raising=False)
    assert lease_seconds() == 120
