"""The names of a pool's files hold all of its state."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from northstar.pool.tokens import Listing, ShardName, Token, beat_file, born_file, read_names

SHARD = ShardName("livecodebench.test_v5_2407_2412", "output-rs3_chunk_0-of-4")


@given(st.integers(0, 10**6), st.integers(1, 10**6), st.integers(0, 99), st.sampled_from(["", "17-4f2a", "n1.lab-3-a"]))
def test_a_token_is_read_as_it_was_written(first: int, rows: int, epoch: int, holder: str) -> None:
    token = Token(SHARD, first, first + rows, epoch, holder)
    assert read_names([token.file]) == Listing([token])


def test_signs_of_life_and_births_are_told_from_tokens() -> None:
    names = [beat_file("17-4f2a", 42), born_file(SHARD, 0), born_file(SHARD, 1), ".nfs0001", "README"]
    assert read_names(names) == Listing([], {SHARD: 2}, {"17-4f2a": 42})


def test_a_split_token_has_all_rows_in_its_parts() -> None:
    part, rest = Token(SHARD, 10, 30, 2, "a").split(5)
    assert rest is not None
    assert [*part.rows, *rest.rows] == [*range(10, 30)]
    assert (part.epoch, rest.holder) == (2, "a")
    assert Token(SHARD, 10, 30).split(20) == (Token(SHARD, 10, 30), None)
