"""Prometheus' text format, as far as it is read."""

from __future__ import annotations

import time

import pytest

from northstar.servers.metrics.prometheus import read_samples


def test_values_are_found_by_name_one_for_each_set_of_labels() -> None:
    text = b"""# HELP vllm:x Number of requests.
# TYPE vllm:x gauge
vllm:x{engine="0",model_name="a {b} # c"} 3.0
vllm:x{engine="1",model_name="a"} 1.5e1 1700000000000
vllm:x_created 1.7e9
other 9
"""
    assert read_samples(text, ["vllm:x", "none"]) == {"vllm:x": [3.0, 15.0]}


@pytest.mark.parametrize("value", ["NaN", "+Inf", "-Inf", "1e999", "seven", "", '"', "1 2 3", "0x10"])
def test_what_is_no_finite_number_is_skipped(value: str) -> None:
    assert read_samples(f"a {value}\na 2\n".encode(), ["a"]) == {"a": [2.0]}


@pytest.mark.parametrize(
    "text", [b"a" * 2**22, b"a{" + b"}" * 2**22, b"a " + b" " * 2**22 + b"x y", b"\xff\x00" * 2**20, b"{" * 2**22]
)
def test_a_hostile_page_takes_no_time(text: bytes) -> None:
    begun = time.perf_counter()
    assert read_samples(text, ["a"]) == {}
    assert time.perf_counter() - begun < 2


def test_only_the_beginning_of_a_long_page_is_read() -> None:
    assert read_samples(b"a 1\n" + b"# x\n" * 2**20 + b"a 2\n", ["a"]) == {"a": [1.0]}
