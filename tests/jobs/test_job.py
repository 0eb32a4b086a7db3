"""job.json: a plan or a summary, and what is said of one that an earlier version wrote."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from northstar.core.errors import NorthstarError
from northstar.jobs.job import Job, read_job, write_job
from tests.jobs.plans import plan


def test_what_is_written_is_read(tmp_path: Path) -> None:
    job = Job(name="aime24", plan=plan())
    assert read_job(write_job(tmp_path, job)) == job


@pytest.mark.parametrize("held", [{"eval": {"output_dir": "/out"}, "judge": None, "summary": None}, {}])
def test_a_job_of_an_earlier_version_is_refused_with_a_sentence(tmp_path: Path, held: dict[str, object]) -> None:
    (tmp_path / "job.json").write_text(json.dumps({"name": "aime24", **held}))
    with pytest.raises(NorthstarError, match=r"job\.json .*has no plan that this version reads; submit it again"):
        read_job(tmp_path / "job.json")
