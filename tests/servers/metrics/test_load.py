"""The load of servers, from the metrics as each kind writes them."""

from __future__ import annotations

import pytest

from northstar.servers.metrics.load import Reading, load_of, read_load

VLLM = b"""# HELP vllm:num_requests_running Number of requests in model execution batches.
# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{engine="0",model_name="m"} 16.0
vllm:num_requests_running{engine="1",model_name="m"} 15.0
vllm:num_requests_waiting{engine="0",model_name="m"} 4.0
vllm:num_requests_waiting{engine="1",model_name="m"} 0.0
vllm:kv_cache_usage_perc{engine="0",model_name="m"} 0.41
vllm:kv_cache_usage_perc{engine="1",model_name="m"} 0.39
vllm:generation_tokens_total{engine="0",model_name="m"} 8300.0
vllm:generation_tokens_total{engine="1",model_name="m"} 700.0
"""
SGLANG = b"""sglang:num_running_reqs{model_name="m"} 162.0
sglang:num_queue_reqs{model_name="m"} 2826.0
sglang:token_usage{model_name="m"} 0.28
sglang:generation_tokens_total{model_name="m"} 7557572.0
"""
LLAMA_CPP = b"""llamacpp:prompt_tokens_total 40
llamacpp:tokens_predicted_total 0
llamacpp:n_decode_total 100
llamacpp:n_busy_slots_per_decode 15.5
llamacpp:requests_processing 16
llamacpp:requests_deferred 3
"""


@pytest.mark.parametrize(
    ("page", "reading"),
    [
        (VLLM, Reading(9000.0, 31, 4, 0.41)),
        (VLLM.replace(b"kv_cache", b"gpu_cache"), Reading(9000.0, 31, 4, 0.41)),  # before 0.10
        (SGLANG, Reading(7557572.0, 162, 2826, 0.28)),
        (LLAMA_CPP, Reading(1550.0, 16, 3, None)),
        (b"python_gc_objects_collected_total 9\n", None),
        (b"<html>", None),
    ],
)
def test_each_kind_of_server_in_its_own_words(page: bytes, reading: Reading | None) -> None:
    assert read_load(page) == reading


def test_the_speed_is_the_growth_of_all_servers_tokens() -> None:
    readings = {"a": Reading(1500.0, 8, 0, 0.5), "b": Reading(400.0, 4, 2, 0.7)}
    load = load_of(20.0, readings, {"a": (10.0, Reading(500.0)), "b": (15.0, Reading(300.0))})
    assert load is not None
    assert (load.tokens_per_second, load.running, load.queued, load.cache) == (120.0, 12, 2, 0.7)


def test_a_server_that_was_started_anew_has_no_speed_yet() -> None:
    load = load_of(20.0, {"a": Reading(5.0, 8)}, {"a": (10.0, Reading(500.0))})
    assert load is not None
    assert (load.tokens_per_second, load.running) == (None, 8)


def test_where_no_server_tells_there_is_no_load() -> None:
    assert load_of(20.0, {}, {"a": (10.0, Reading(500.0))}) is None
