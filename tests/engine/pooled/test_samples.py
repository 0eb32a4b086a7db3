"""Nodes that share a pool do each sample once, whoever comes later, dies, wakes or fails."""

from __future__ import annotations

import asyncio
import errno
from pathlib import Path
from typing import Any

import pytest

from northstar.core.clock import monotonic
from northstar.core.errors import NorthstarError
from northstar.core.lock import locked
from northstar.core.records import Generation
from northstar.engine.pooled import samples
from northstar.pool.parts import PartJournal
from northstar.pool.tokens import Token
from northstar.results.layout import Shard
from tests.engine.pooled.nodes import LEASE, Node, records

ALL = {f"output-rs{seed}": [*range(10)] for seed in range(2)}
SAMPLES = [(seed, row) for seed in range(2) for row in range(10)]


def run(*nodes: Node) -> None:
    async def all_of_them() -> None:
        await asyncio.gather(*(node.run() for node in nodes))

    asyncio.run(all_of_them())


@pytest.mark.parametrize("count", [1, 2, 4])
def test_each_sample_is_asked_once_by_whichever_node(tmp_path: Path, count: int) -> None:
    nodes = [Node(tmp_path, f"n{number}") for number in range(count)]
    run(*nodes)
    assert records(tmp_path) == ALL
    assert sorted(sample for node in nodes for sample in node.answers) == SAMPLES
    assert sorted(file.name for file in tmp_path.iterdir()) == ["output-rs0.jsonl", "output-rs1.jsonl"]


def test_a_node_that_comes_later_takes_of_the_rest(tmp_path: Path) -> None:
    first, second = Node(tmp_path, "first", rows=60), Node(tmp_path, "second", rows=60)

    async def both() -> None:
        running = asyncio.create_task(first.run())
        while len(first.answers) < 20:
            await asyncio.sleep(0)
        await second.run()
        await running

    asyncio.run(both())
    assert sorted(first.answers + second.answers) == [(seed, row) for seed in range(2) for row in range(60)]
    assert len(second.answers) > 5


def test_a_node_that_is_stopped_gives_its_rows_back(tmp_path: Path) -> None:
    first, second = Node(tmp_path, "first", seconds=0.01), Node(tmp_path, "second")

    async def stop_the_first() -> None:
        running = asyncio.create_task(first.run())
        while len(first.answers) < 6:
            await asyncio.sleep(0.001)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await second.run()

    asyncio.run(stop_the_first())
    assert records(tmp_path) == ALL
    assert sorted(first.answers + second.answers) == SAMPLES


def test_the_rows_of_a_node_that_is_gone_are_taken_over_after_the_lease(tmp_path: Path) -> None:
    dead = Node(tmp_path, "dead")
    dead.claims.enter()
    shard = Shard("aime24", 0, range(10))
    name = next(iter(dead.shards))
    dead.claims.put_in(name, 0, [range(10)])
    dead.claims.claim(dead.claims.look().free[0], 6)
    journal = PartJournal(tmp_path, shard, "dead")
    journal.begin(0)
    for row in (0, 1):
        journal.add_generation(row, Generation(generation="dead", generation_start_time=1.0, generation_end_time=2.0))
    journal.add_grade(0, {"symbolic_correct": True, "graded_by": "dead"})
    journal.close()
    node = Node(tmp_path, "node", lease=LEASE)
    node.grader = _graded_by_whom_answered
    run(node)
    assert records(tmp_path) == ALL
    assert (0, 0) not in node.answers  # it was done
    assert (0, 1) not in node.answers  # it had only to be graded
    assert len(node.answers) == 18


async def _graded_by_whom_answered(_: Any, generation: Generation, *__: Any) -> dict[str, Any]:
    return {"symbolic_correct": True, "graded_by": generation.generation}


def test_a_node_that_slept_longer_than_the_lease_does_no_harm_when_it_wakes(tmp_path: Path) -> None:
    sleeper, other = Node(tmp_path, "sleeper", seconds=0.005, at_once=2), Node(tmp_path, "other")

    async def sleep_through_the_lease() -> None:
        running = asyncio.create_task(sleeper.run())
        while len(sleeper.answers) < 3:
            await asyncio.sleep(0.001)
        sleeper.claims.expel("sleeper", sleeper.claims.count)  # as others do once it is silent
        for token in sleeper.claims.look().held_by("sleeper"):
            assert other.claims.claim(token, 100) is not None
        for token in other.claims.look().held_by("other"):
            other.claims.give_back(token)
        await other.run()
        await running

    asyncio.run(sleep_through_the_lease())
    assert records(tmp_path) == ALL
    assert set(sleeper.answers) | set(other.answers) == set(SAMPLES)
    assert sleeper.counters.generated <= sleeper.counters.total


def test_a_node_that_wakes_asks_nothing_that_others_took_while_it_slept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sleeper, other = Node(tmp_path, "sleeper", seconds=0.05, at_once=2), Node(tmp_path, "other")
    monkeypatch.setattr(samples, "ahead", lambda _: 1 if sleeper.answers else 10)  # so that it has some to ask

    async def sleep_through_the_lease() -> None:
        running = asyncio.create_task(sleeper.run())
        while len(sleeper.answers) < 3:
            await asyncio.sleep(0.001)
        # From here to the next `await` the sleeper, of the same loop, does nothing.
        for token in sleeper.claims.look().held_by("sleeper"):
            taken = other.claims.claim(token, 100)
            assert taken is not None
            other.claims.give_back(taken)
        monkeypatch.setattr(samples, "monotonic", lambda: monotonic() + 60)
        await asyncio.gather(running, other.run())

    asyncio.run(sleep_through_the_lease())
    assert records(tmp_path) == ALL
    twice = len(sleeper.answers) + len(other.answers) - len(SAMPLES)
    assert 0 <= twice <= 2  # what it had in flight


def test_rows_in_two_tokens_are_asked_once_by_a_node_that_has_both(tmp_path: Path) -> None:
    dead, node = (
        Node(tmp_path, "dead", seeds=1),
        Node(tmp_path, "n", seeds=1, seconds=3 * LEASE, at_once=16, lease=LEASE),
    )
    dead.claims.enter()
    name = next(iter(dead.shards))
    dead.claims.put_in(name, 0, [range(10)])
    dead.claims.claim(dead.claims.look().free[0], 10)
    (tmp_path / "pool" / Token(name, 4, 10).file).touch()  # it died as it put back what it did not need
    run(node)
    assert records(tmp_path) == {"output-rs0": [*range(10)]}
    assert sorted(row for _, row in node.answers) == [*range(10)]
    assert not (tmp_path / "pool").exists()


def test_a_shard_that_a_run_of_one_job_works_on_is_not_shared(tmp_path: Path) -> None:
    node = Node(tmp_path, "n")
    with (
        locked(tmp_path / ".output-rs1.lock", ""),
        pytest.raises(NorthstarError, match=r"output-rs1\.jsonl is being written by process"),
    ):
        run(node)
    assert node.answers == []
    assert not (tmp_path / "pool").exists()


def test_work_of_other_rows_that_an_earlier_run_left_is_named(tmp_path: Path) -> None:
    earlier, node = Node(tmp_path, "earlier", seeds=1, rows=12), Node(tmp_path, "n", seeds=1, rows=10)
    earlier.claims.enter()
    earlier.claims.put_in(next(iter(earlier.shards)), 0, [range(12)])
    with pytest.raises(NorthstarError, match=r"0-12,0, is of rows that aime24 does not have now: an earlier run left"):
        run(node)
    assert node.answers == []


def test_rows_that_were_lost_with_a_disk_are_put_in_again(tmp_path: Path) -> None:
    first = Node(tmp_path, "first")
    name = next(iter(first.shards))
    first.claims.enter()
    first.claims.put_in(name, 0, [])  # a node died before it had made the token
    first.claims.leave()
    node = Node(tmp_path, "node")
    run(node)
    assert records(tmp_path) == ALL


def test_a_node_that_cannot_write_ends_and_others_do_its_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken, other = Node(tmp_path, "broken"), Node(tmp_path, "other")
    add = PartJournal.add_generation

    def full(journal: PartJournal, row: int, generation: Generation) -> None:
        if ",broken" in journal.path.name and row > 4:
            raise NorthstarError("cannot write: No space left on device.")
        add(journal, row, generation)

    monkeypatch.setattr(PartJournal, "add_generation", full)

    with pytest.raises(BaseExceptionGroup):
        run(broken)
    run(other)  # the lease is not over: the rows were given back
    assert records(tmp_path) == ALL


def test_a_node_that_fails_as_it_claims_ends_and_does_not_wait_for_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = Node(tmp_path, "n")

    def stale(*_: Any) -> None:
        raise OSError(errno.ESTALE, "Stale file handle")

    monkeypatch.setattr(samples, "find_done", stale)
    node.claims.enter()
    node.claims.put_in(next(iter(node.shards)), 0, [range(10)], epoch=1)
    with pytest.raises(ExceptionGroup) as failure:
        asyncio.run(asyncio.wait_for(node.run(), 20))
    assert failure.group_contains(OSError, match="Stale file handle")


def test_where_all_is_claimed_by_nodes_that_are_alive_a_further_one_asks_nothing(tmp_path: Path) -> None:
    busy, further = Node(tmp_path, "busy", rows=2, seconds=2.0), Node(tmp_path, "further", rows=2)

    async def both() -> None:
        running = asyncio.create_task(busy.run())
        while len(busy.claims.look().held_by("busy")) < 2:
            await asyncio.sleep(0.001)
        await further.run()
        assert not busy.answers  # it did not wait for it
        await running

    asyncio.run(both())
    assert further.answers == []
