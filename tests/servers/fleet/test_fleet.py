"""Conversations go to the replica with the least to do, stay there, and move when it is gone."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from northstar.models.failures import ServerUnusable
from northstar.servers.fleet.fleet import Fleet, Member


class FakeReplica(Member):
    """A replica that is up and down as the test says."""

    def __init__(self, number: int, *, up: bool = True) -> None:
        super().__init__()
        self.number = number
        self.up = up
        self.life = 1

    @property
    def address(self) -> str:
        return f"http://replica-{self.number}/v1"

    async def probe(self) -> bool:
        return self.up

    async def lost(self, life: int) -> bool:
        return not self.up or self.life != life


def a_fleet(*replicas: FakeReplica) -> Fleet:
    fleet = Fleet()
    fleet.members = replicas
    return fleet


def run(story: Callable[[], Awaitable[Any]]) -> Any:
    return asyncio.run(asyncio.wait_for(story(), 60))


def test_conversations_are_spread_evenly() -> None:
    async def story() -> list[str]:
        routes = a_fleet(FakeReplica(0), FakeReplica(1), FakeReplica(2)).routes(30)
        return [await routes().address() for _ in range(9)]

    assert list(Counter(run(story)).values()) == [3, 3, 3]


def test_the_one_that_is_done_first_gets_the_next() -> None:
    async def story() -> str:
        routes = a_fleet(FakeReplica(0), FakeReplica(1)).routes(30)
        first, second = routes(), routes()
        await first.address(), await second.address()
        second.close()
        return await routes().address()

    assert run(story) == "http://replica-1/v1"


def test_a_conversation_stays_with_its_replica() -> None:
    async def story() -> set[str]:
        routes = a_fleet(FakeReplica(0), FakeReplica(1)).routes(30)
        mine = routes()
        seen = {await mine.address()}
        for _ in range(5):
            await routes().address()
            seen.add(await mine.address())
        return seen

    assert len(run(story)) == 1


def test_it_moves_when_its_replica_is_gone() -> None:
    async def story() -> tuple[str, bool, str, int]:
        first, second = FakeReplica(0), FakeReplica(1)
        route = a_fleet(first, second).routes(30)()
        before = await route.address()
        first.up = False
        return before, await route.lost(), await route.address(), first.outstanding

    assert run(story) == ("http://replica-0/v1", True, "http://replica-1/v1", 0)


def test_a_replica_that_was_started_again_has_lost_what_it_had() -> None:
    async def story() -> tuple[bool, bool]:
        replica = FakeReplica(0)
        route = a_fleet(replica).routes(1)()
        await route.address()
        before = await route.lost()
        replica.life = 2
        return before, await route.lost()

    assert run(story) == (False, True)


def test_while_none_is_up_a_conversation_waits() -> None:
    async def story() -> str:
        replica = FakeReplica(0, up=False)
        fleet = a_fleet(replica)
        asking = asyncio.ensure_future(fleet.routes(1)().address())
        await asyncio.sleep(0)
        assert not asking.done()
        replica.up = True
        fleet.changed()
        return await asking

    assert run(story) == "http://replica-0/v1"


def test_the_first_to_be_up_leaves_the_others_their_share() -> None:
    async def story() -> tuple[int, int]:
        quick, slow = FakeReplica(0), FakeReplica(1, up=False)
        fleet = a_fleet(quick, slow)
        routes = fleet.routes(10)
        asking = [asyncio.ensure_future(routes().address()) for _ in range(10)]
        await asyncio.sleep(0.01)
        alone = quick.outstanding
        slow.up = True
        fleet.changed()
        await asyncio.gather(*asking)
        return alone, slow.outstanding

    assert run(story) == (5, 5)


def test_once_all_are_given_up_on_everybody_hears_why() -> None:
    async def story() -> list[Any]:
        replica = FakeReplica(0, up=False)
        fleet = a_fleet(replica)
        asking = [asyncio.ensure_future(fleet.routes(4)().address()) for _ in range(4)]
        await asyncio.sleep(0)
        replica.given_up = "it died"
        fleet.changed()
        return await asyncio.gather(*asking, return_exceptions=True)

    assert [(type(each), str(each)) for each in run(story)] == [(ServerUnusable, "it died")] * 4


def test_a_conversation_that_is_cancelled_while_it_waits_takes_no_place() -> None:
    async def story() -> int:
        replica = FakeReplica(0, up=False)
        fleet = a_fleet(replica)
        asking = asyncio.ensure_future(fleet.routes(1)().address())
        await asyncio.sleep(0)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        replica.up = True
        fleet.changed()
        await fleet.routes(1)().address()
        return replica.outstanding

    assert run(story) == 1


@pytest.mark.parametrize(("at_once", "replicas", "share"), [(10, 3, 4), (1, 2, 1)])
def test_no_replica_takes_more_than_its_share(at_once: int, replicas: int, share: int) -> None:
    async def story() -> int:
        fleet = a_fleet(*(FakeReplica(number, up=number == 0) for number in range(replicas)))
        routes = fleet.routes(at_once)
        asking = [asyncio.ensure_future(routes().address()) for _ in range(at_once)]
        await asyncio.sleep(0.01)
        for each in asking:
            each.cancel()
        await asyncio.gather(*asking, return_exceptions=True)
        return fleet.members[0].outstanding

    assert run(story) == share
