"""Which GPUs each replica sees."""

from __future__ import annotations

import pytest

from northstar.config.plan import ServerPlan
from northstar.core.errors import NorthstarError, UsageError
from northstar.servers.hosting.devices import check_devices, visible_devices


def devices(environment: dict[str, str] | None = None, **options: int) -> list[str | None]:
    plan = ServerPlan(type="vllm", **options)
    return [each.get("CUDA_VISIBLE_DEVICES") for each in visible_devices(plan, environment or {})]


def test_replicas_share_the_jobs_gpus_and_none_twice() -> None:
    assert devices(gpus=8, replicas=4) == ["0,1", "2,3", "4,5", "6,7"]


def test_only_what_the_job_may_see_is_shared_out() -> None:
    assert devices({"CUDA_VISIBLE_DEVICES": "4,5,GPU-8f,7"}, gpus=4, replicas=2) == ["4,5", "GPU-8f,7"]


def test_none_at_all_is_the_cpu() -> None:
    assert devices(gpus=0, replicas=2) == ["", ""]


def test_where_nothing_is_said_nothing_is_changed() -> None:
    assert devices() == [None]


def test_more_than_there_are_is_refused() -> None:
    with pytest.raises(NorthstarError, match=r"--server_gpus=8, but this job sees 2 \(CUDA_VISIBLE_DEVICES=0,1\)\."):
        devices({"CUDA_VISIBLE_DEVICES": "0,1"}, gpus=8)


def test_gpus_that_cannot_be_shared_evenly_are_refused() -> None:
    with pytest.raises(UsageError, match=r"--server_gpus=8 can't be shared out evenly among --server_replicas=3\."):
        check_devices(ServerPlan(type="vllm", gpus=8, replicas=3))


def test_replicas_need_to_know_how_many_there_are() -> None:
    with pytest.raises(UsageError, match=r"--server_replicas=2 needs --server_gpus"):
        check_devices(ServerPlan(type="vllm", replicas=2))
