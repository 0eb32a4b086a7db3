"""Rows of MRCR by needles and length, with their conversations in files beside them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from northstar.benchmarks.long_context import mrcr
from northstar.benchmarks.registry import find_benchmark
from northstar.core.errors import UsageError
from northstar.core.records import Row
from northstar.data.source import hub_files


def line(n_chars: int, needles: int = 8) -> dict[str, Any]:
    prompt = json.dumps(
        [{"role": "user", "content": "write a poem"}, {"role": "user", "content": "Prepend aYo to it."}]
    )
    found = {"prompt": prompt, "answer": "aYoTapirs.", "random_string_to_prepend": "aYo", "n_chars": n_chars}
    return {**found, "n_needles": needles, "desired_msg_index": 1, "total_messages": 2}


def rows_of(split: str, *lines: dict[str, Any]) -> list[Row]:
    source = mrcr.split_of(split)
    rows = [file.to_row(each, 0) for file in hub_files(source) for each in lines]
    return [row for row in rows if row is not None]


def test_a_row_has_the_question_and_refers_to_its_conversation() -> None:
    [row] = rows_of("8needle", line(20_000))
    assert (row["id"], row["problem"], row["prefix"]) == ("8needle/0", "Prepend aYo to it.", "aYo")
    assert json.loads(row["messages"].content())[0] == {"role": "user", "content": "write a poem"}
    assert row["messages"].name.startswith("messages/8needle-0-")


@pytest.mark.parametrize(
    ("n_chars", "length"),
    [
        *((15_459, "8k"), (37_501, "16k"), (100_000, "32k"), (300_000, "64k")),
        *((600_000, "128k"), (700_000, "256k"), (2_000_000, "512k"), (5_244_934, "1m")),
    ],
)
def test_a_row_is_in_the_bin_of_its_length(n_chars: int, length: str) -> None:
    [row] = rows_of("2needle", line(n_chars, 2))
    assert (row["length"], row["bin"]) == (length, f"2 needles, {length}")


@pytest.mark.parametrize(
    ("split", "files", "kept"),
    [
        ("128k", ["2needle.parquet", "4needle.parquet", "8needle.parquet"], ["8k", "128k"]),
        ("1m", ["2needle.parquet", "4needle.parquet", "8needle.parquet"], ["8k", "128k", "1m"]),
        ("8needle", ["8needle.parquet"], ["8k", "128k", "1m"]),
        ("4needle-64k", ["4needle.parquet"], ["8k"]),
    ],
)
def test_a_split_is_of_needles_and_up_to_a_length(split: str, files: list[str], kept: list[str]) -> None:
    source = mrcr.split_of(split)
    assert [file.path for file in hub_files(source)] == files
    rows = rows_of(split, line(20_000), line(600_000), line(3_000_000))
    assert [row["length"] for row in rows] == kept * len(files)


@pytest.mark.parametrize("split", ["", "3needle", "2needle128k", "-128k", "2needle-", "2k"])
def test_another_split_is_refused_with_those_that_there_are(split: str) -> None:
    with pytest.raises(UsageError, match=r"mrcr has no split .*8needle-64k"):
        mrcr.split_of(split)


def test_its_seeds_are_asked_together() -> None:
    assert find_benchmark("mrcr").long_prompts
