"""A server of a fleet that hangs is left, and what it had is asked elsewhere; one that changes its model leaves."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from northstar.config.plan import ServerPlan
from northstar.models.client.client import ModelClient
from northstar.models.endpoint import Endpoint
from northstar.models.failures import ServerUnusable
from northstar.servers.fleet import joined, remote
from northstar.servers.fleet.remote import differences
from northstar.servers.openai import SERVER
from northstar.servers.server import RunningServer, ServerState
from tests.mock_server.process import mock_process

BODY = {"model": "mock", "messages": [{"role": "user", "content": "What is 3 + 4?"}]}


IMPATIENT = {"PROBE_SECONDS": 0.1, "PROBE_TIMEOUT": 0.3, "HURRIED_SECONDS": 0.05, "HUNG_SECONDS": 0.5}


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, seconds in IMPATIENT.items():
        monkeypatch.setattr(remote, name, seconds)
    monkeypatch.setattr(joined, "LOOK_SECONDS", 0.1)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.02)


def over(
    story: Callable[[RunningServer, ModelClient, ServerState], Awaitable[None]], *addresses: str, timeout: float = 3600
) -> ServerState:
    """Tell the story of a fleet at these addresses; returns what became of its servers."""
    state = ServerState()

    async def run() -> None:
        plan = ServerPlan(
            type="openai", model="mock", address=addresses[0], more_addresses=addresses[1:], start_timeout=timeout
        )
        async with SERVER.run(plan, Path(), state) as server:
            assert server.routes is not None
            async with ModelClient(server.endpoint, new_route=server.routes(20)) as client:
                await story(server, client, state)

    asyncio.run(run())
    return state


async def asked(client: ModelClient, times: int) -> list[str]:
    async def ask() -> str:
        with client.conversation() as conversation:
            return (await conversation.ask(BODY)).completion.text

    return await asyncio.gather(*(ask() for _ in range(times)))


def test_what_a_server_that_hangs_had_is_answered_by_another() -> None:
    with mock_process("--delay=0.3") as well, mock_process("--delay=0.3") as hangs:

        async def story(_: RunningServer, client: ModelClient, state: ServerState) -> None:
            await until(lambda: len(state.changes) == 2)
            asking = asyncio.ensure_future(asked(client, 20))
            await asyncio.sleep(0.1)
            os.kill(hangs.pid, signal.SIGSTOP)
            assert len(await asking) == 20
            assert (client.counts.asked_again, client.counts.retries) == (10, 0)
            os.kill(hangs.pid, signal.SIGCONT)
            await until(lambda: len(state.changes) == 4)

        state = over(story, well.address, hangs.address)
    assert [(change.server, change.what[:10]) for change in state.changes[2:]] == [
        (hangs.address, "has left ("),
        (hangs.address, "has joined"),
    ]


def test_while_none_is_there_requests_wait_and_then_the_run_ends_with_the_reason() -> None:
    with mock_process() as one, mock_process() as other:

        async def story(_: RunningServer, client: ModelClient, state: ServerState) -> None:
            await until(lambda: len(state.changes) == 2)
            for process in (one, other):
                os.kill(process.pid, signal.SIGKILL)
            await until(lambda: len(state.changes) == 4)
            with pytest.raises(ServerUnusable, match=r"^no server has answered for 1 s: no server answers at"):
                await asked(client, 1)

        over(story, one.address, other.address, timeout=1)


def test_a_server_without_a_list_of_models_is_left_out_where_another_has_one_also_if_it_is_the_first() -> None:
    with mock_process() as whole, mock_process() as other:

        async def story(_: RunningServer, client: ModelClient, state: ServerState) -> None:
            await until(lambda: len(state.changes) == 2)
            await asked(client, 4)

        state = over(story, other.address.removesuffix("/v1"), whole.address)
    assert {(change.server, change.what.partition(" (")[0]) for change in state.changes} == {
        (other.address.removesuffix("/v1"), "is left out"),
        (whole.address, "has joined"),
    }


def a_server(context: int | None = None, lists: str = "m", **said: object) -> RunningServer:
    endpoint = Endpoint(address="http://server/v1", model="m", context_length=context)
    return RunningServer(endpoint=endpoint, facts={"said": said, "served_models": lists.split()})


@pytest.mark.parametrize(
    ("one", "other", "why"),
    [
        (a_server(root="/m", created=1), a_server(root="/m", created=2), ""),
        (a_server(root="/m"), a_server(), ""),
        (a_server(revision="a"), a_server(revision="b"), "another model: its revision is 'b', that of the others 'a'"),
        (a_server(4096), a_server(8192), "its context is 8192, that of the others 4096"),
        (a_server(), a_server(lists=""), "which models it has, as the others do; such addresses mostly end in /v1"),
        (a_server(lists=""), a_server(lists=""), ""),
        (a_server(4096), a_server(), "its context is of unknown length, that of the others 4096"),
    ],
)
def test_another_model_is_told_by_what_its_server_says_of_it(
    one: RunningServer, other: RunningServer, why: str
) -> None:
    assert differences(one, other).endswith(why)
    assert bool(differences(one, other)) == bool(why)
