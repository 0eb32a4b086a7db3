"""Of several nodes that claim the same rows one gets them; whatever a node dies of, each row stays in a token."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from northstar.core.errors import NorthstarError
from northstar.pool.claims import Claims
from northstar.pool.tokens import Listing, ShardName, Token

SHARD = ShardName("aime24", "output-rs0")
ROWS = 30


def pool(folder: Path, *nodes: str, rows: int = ROWS) -> list[Claims]:
    """Nodes on a pool with one shard."""
    found = [Claims(folder, node) for node in nodes]
    for each in found:
        each.enter()
    found[0].put_in(SHARD, 0, [range(rows)])
    return found


def claimed(claims: Claims, size: int) -> Token:
    token = next(filter(None, (claims.claim(each, size) for each in claims.look().free)))
    assert token is not None
    return token


def test_a_claim_leaves_the_rest_free(tmp_path: Path) -> None:
    (a,) = pool(tmp_path, "a")
    token = claimed(a, 8)
    assert token == Token(SHARD, 0, 8, 0, "a")
    assert a.look().tokens == [token, Token(SHARD, 8, 30)]


def test_a_shard_is_put_in_once(tmp_path: Path) -> None:
    a, b = pool(tmp_path, "a", "b")
    claimed(a, 8)
    assert not b.put_in(SHARD, 0, [range(ROWS)])
    assert len(b.look().tokens) == 2


def test_two_that_claim_at_once_a_thousand_times_get_one_each_time(tmp_path: Path) -> None:
    a, b = pool(tmp_path, "a", "b")
    token, wins = Token(SHARD, 0, ROWS), []
    both = threading.Barrier(2)

    def claim(claims: Claims) -> None:
        nonlocal token
        for number in range(1000):
            both.wait()
            mine = claims.claim(Token(SHARD, 0, ROWS, number), ROWS)
            if mine is not None:
                wins.append(number)
                claims.give_back(mine)
            both.wait()

    threads = [threading.Thread(target=claim, args=(each,)) for each in (a, b)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wins == [*range(1000)]


CLAIM_ALL = """
import sys
from pathlib import Path
from northstar.pool.claims import Claims
claims = Claims(Path(sys.argv[1]), sys.argv[2])
sys.stdin.readline()
while free := [token for token in claims.look().tokens if token.holder != claims.node and not token.holder]:
    for token in free:
        claims.claim(token, 1)
"""


@pytest.mark.slow
def test_two_processes_share_a_thousand_rows_and_none_is_claimed_twice(tmp_path: Path) -> None:
    (a,) = pool(tmp_path, "a", rows=1000)
    both = [
        subprocess.Popen([sys.executable, "-c", CLAIM_ALL, str(tmp_path), node], stdin=subprocess.PIPE)
        for node in ("b", "c")
    ]
    for process in both:
        assert process.stdin is not None
        process.stdin.write(b"go\n")
        process.stdin.close()
    assert [process.wait() for process in both] == [0, 0]
    tokens = a.look().tokens  # a row that is being split off by one is not seen by the other, which may then end
    assert sorted(row for token in tokens for row in token.rows) == [*range(1000)]


def test_what_is_given_back_can_be_claimed_under_a_later_epoch(tmp_path: Path) -> None:
    a, b = pool(tmp_path, "a", "b")
    a.give_back(claimed(a, 8))
    assert claimed(b, 8) == Token(SHARD, 0, 8, 1, "b")


def test_a_node_that_leaves_gives_everything_back(tmp_path: Path) -> None:
    a, b = pool(tmp_path, "a", "b")
    claimed(a, 8)
    claimed(a, 8)
    a.leave()
    assert b.look() == Listing(
        [Token(SHARD, 0, 8, 1), Token(SHARD, 8, 16, 1), Token(SHARD, 16, 30)], {SHARD: 1}, {"b": 0}
    )


def test_the_last_to_leave_a_pool_without_work_removes_it(tmp_path: Path) -> None:
    a, b = pool(tmp_path / "pool", "a", "b")
    a.retire(claimed(a, ROWS))
    a.remove_shard(SHARD, a.look())
    a.leave()
    assert (tmp_path / "pool").exists()
    b.leave()
    assert not (tmp_path / "pool").exists()


def test_what_a_node_had_is_taken_over_by_one_of_two_under_a_new_epoch(tmp_path: Path) -> None:
    a, b, c = pool(tmp_path, "a", "b", "c")
    token = claimed(a, 8)
    assert b.claim(token, 5) == Token(SHARD, 0, 5, 1, "b")
    assert c.claim(token, 5) is None
    assert Token(SHARD, 5, 8, 1) in c.look().free


def test_a_node_that_wakes_after_it_was_taken_for_dead_is_told_and_has_nothing(tmp_path: Path) -> None:
    a, b = pool(tmp_path, "a", "b")
    token = claimed(a, 8)
    assert a.renew()
    b.claim(token, 8)
    b.expel("a", 1)
    assert not a.renew()
    assert a.look().held_by("a") == []
    a.give_back(token)
    a.retire(token)
    assert b.look().held_by("b") == [Token(SHARD, 0, 8, 1, "b")]
    assert a.renew()  # it is a node like others again


def test_a_claim_whose_reply_was_lost_is_known_by_the_name_that_it_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An NFS client sends a rename again if no reply comes; the second one finds no such file."""
    (a,) = pool(tmp_path, "a")
    rename = os.rename

    def twice(before: Path, after: Path) -> None:
        rename(before, after)
        rename(before, after)

    monkeypatch.setattr(os, "rename", twice)
    assert claimed(a, ROWS) == Token(SHARD, 0, ROWS, 0, "a")


def test_on_a_disk_that_takes_no_more_files_the_whole_token_is_claimed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (a,) = pool(tmp_path, "a")

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "open", full)
    assert claimed(a, 8) == Token(SHARD, 0, ROWS, 0, "a")


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "pool").write_text("")
    with pytest.raises(NorthstarError, match=f"cannot write {tmp_path}/pool"):
        Claims(tmp_path / "pool", "a").enter()


class Died(BaseException):
    """The end of a node amid a step."""


class Mortal:
    """The system calls of a node, of which it makes `left` more."""

    def __init__(self, left: int) -> None:
        self.left = left
        self._open, self._rename = os.open, os.rename

    def open(self, *arguments: object) -> int:
        self._live()
        return self._open(*arguments)  # type: ignore[arg-type]

    def rename(self, before: Path, after: Path) -> None:
        self._live()
        self._rename(before, after)

    def _live(self) -> None:
        if not self.left:
            raise Died
        self.left -= 1


STEPS = st.lists(
    st.tuples(
        st.sampled_from("abc"),
        st.sampled_from(["claim", "give back", "take over", "leave"]),
        st.integers(1, 9),
        st.integers(0, 3),
    ),
    max_size=25,
)


@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_whatever_nodes_do_and_die_of_each_row_stays_in_a_token(steps: list[tuple[str, str, int, int]]) -> None:
    """calls: how many system calls the node survives."""
    with TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        folder = Path(name)
        nodes = dict(zip("abc", pool(folder, *"abc"), strict=True))
        deaths = 0
        for node, step, size, calls in steps:
            claims, listing = nodes[node], nodes[node].look()
            mortal = Mortal(calls)
            patch.setattr(os, "open", mortal.open)
            patch.setattr(os, "rename", mortal.rename)
            try:
                if step == "claim" and listing.free:
                    claims.claim(listing.free[0], size)
                elif step == "take over" and (others := [t for t in listing.tokens if t.holder not in ("", node)]):
                    claims.claim(others[0], size)
                elif step == "give back" and (mine := listing.held_by(node)):
                    claims.give_back(mine[0])
                elif step == "leave":
                    claims.leave()
            except Died:
                deaths += 1
            patch.undo()
            rows = [row for token in claims.look().tokens for row in token.rows]
            assert set(rows) == set(range(ROWS))
            assert deaths or len(rows) == ROWS  # in exactly one, as long as no node died amid a step


def test_a_node_whose_output_folder_was_moved_makes_no_other_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    node = Claims(tmp_path / "out" / "pool", "a")
    node.enter()
    (tmp_path / "out").rename(tmp_path / "moved")
    with pytest.raises(NorthstarError, match="out/pool: No such file or directory"):
        node.renew()
    assert not (tmp_path / "out").exists()
