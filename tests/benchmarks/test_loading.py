"""Rows that are not prepared are refused, with the command that prepares them."""

from __future__ import annotations

from pathlib import Path

import pytest

from northstar.benchmarks.loading import open_rows
from northstar.benchmarks.registry import find_benchmark
from northstar.core.errors import NorthstarError


@pytest.mark.parametrize(
    ("name", "split", "command"),
    [
        ("gpqa", "diamond", "ns prepare_data gpqa first"),
        ("gpqa.main", "main", "ns prepare_data gpqa.main first"),
        ("bfcl_v3.simple", "test", "ns prepare_data bfcl_v3 first"),
        ("livecodebench", "test_v5_2407_2412", "ns prepare_data livecodebench.test_v5_2407_2412 first"),
    ],
)
def test_the_command_names_the_split_that_is_asked(tmp_path: Path, name: str, split: str, command: str) -> None:
    with pytest.raises(NorthstarError) as error:
        open_rows(find_benchmark(name), split, tmp_path, None)
    assert command in str(error.value)
