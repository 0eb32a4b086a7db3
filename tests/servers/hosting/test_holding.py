"""The time for which a server's GPUs were held: until it was ready, with requests, and idle."""

from __future__ import annotations

import asyncio

from northstar.config.plan import ServerPlan
from northstar.models.counts import ClientCounts
from northstar.servers.hosting.holding import Holding, held


def test_what_is_neither_the_start_nor_busy_is_idle() -> None:
    holding = Holding(16, began=100.0, ready=400.0, ended=1000.0, since=1_800_000_000.04)
    assert holding.facts(busy=450.0) == {
        "server_time": {
            "gpus": 16,
            "since": 1_800_000_000.0,
            "seconds": 900.0,
            "starting": 300.0,
            "idle": 150.0,
        }
    }


def test_of_a_server_that_never_was_ready_all_is_the_start() -> None:
    assert Holding(8, began=0.0, ended=60.0).facts(busy=0.0)["server_time"]["starting"] == 60.0


async def _gpus(plan: ServerPlan) -> int | None:
    async with held(plan) as holding:
        return holding.gpus


def test_the_gpus_of_all_nodes_count_and_none_at_an_address() -> None:
    assert asyncio.run(_gpus(ServerPlan(type="vllm", gpus=8, nodes=2))) == 16
    assert asyncio.run(_gpus(ServerPlan(type="vllm", gpus=8, address="http://host/v1"))) == 0
    assert asyncio.run(_gpus(ServerPlan(type="vllm"))) is None


def test_a_client_is_busy_while_any_request_is_under_way() -> None:
    counts = ClientCounts()
    first, second = counts.begin(), counts.begin()
    counts.end(first, heard=True)
    between = counts.busy_seconds
    counts.end(second, heard=True)
    assert counts.busy_seconds >= between > 0
    assert counts.busy_seconds == counts.busy_seconds
