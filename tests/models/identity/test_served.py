"""What a server says of its models and of itself, however odd."""

from __future__ import annotations

import json
from typing import Any

import pytest

from northstar.models.identity.served import (
    ServedModel,
    listed_name,
    model_details,
    read_models,
    read_served,
    read_version,
)


def models(*listed: Any) -> bytes:
    return json.dumps({"object": "list", "data": listed}).encode()


def test_vllm_says_how_long_its_context_is() -> None:
    assert read_models(models({"id": "m", "max_model_len": 8192})) == [ServedModel("m", 8192)]


def test_a_number_that_is_written_as_a_text_is_one() -> None:
    served = read_models(models({"id": "m", "max_model_len": "8192"}))
    assert served == [ServedModel("m", 8192)]
    assert model_details(served) == {"max_model_len": 8192}


@pytest.mark.parametrize("length", [None, "08192", "8192 tokens", "9" * 40, 0, -1, True, 10**30, 4.5])
def test_a_context_that_nobody_can_believe_is_unknown(length: object) -> None:
    assert read_models(models({"id": "m", "max_model_len": length})) == [ServedModel("m")]


@pytest.mark.parametrize("body", [b"", b"[]", b'{"data": 3}', b'{"data": [7]}', b"<html>"])
def test_what_is_no_list_lists_nothing(body: bytes) -> None:
    assert read_models(body) == []


@pytest.mark.parametrize("entry", [None, 5, "m", [], {"id": None}])
def test_an_entry_that_is_no_model_hides_no_other(entry: object) -> None:
    assert [model.name for model in read_models(json.dumps({"data": [entry, {"id": "m"}]}).encode())] == ["m"]


def test_the_wanted_model_is_found_among_others() -> None:
    assert read_served(models({"id": "lora"}, {"id": "m", "max_model_len": 9}), "m") == ServedModel("m", 9)


def test_a_server_that_gave_the_model_another_name_is_believed() -> None:
    assert read_served(models({"id": "served-name"}), "/models/m").name == "served-name"


@pytest.mark.parametrize(
    ("body", "version"),
    [(b'{"version": "0.32.0"}', "0.32.0"), (b'{"version": 3}', None), (b"nginx", None), (b"[]", None)],
)
def test_a_version_is_a_text(body: bytes, version: str | None) -> None:
    assert read_version(body) == version


@pytest.mark.parametrize(
    ("wanted", "listed"),
    [
        ("o3-mini-20250131", "o3-mini-2025-01-31"),
        ("o3-mini-2025-01-31", "o3-mini-20250131"),
        ("openai/gpt-4o-20240806", "openai/gpt-4o-2024-08-06"),
        ("m-20250131-fp8", "m-2025-01-31-fp8"),
        ("claude-3-7-sonnet-20250219-thinking", "claude-3-7-sonnet-2025-02-19-thinking"),
        ("claude-3-5-sonnet-20240620", "claude-3-5-sonnet@20240620"),
        ("o3-mini-20250131", "openai/o3-mini-2025-01-31"),
        ("openai/o3-mini-20250131", "o3-mini-2025-01-31"),
        ("m", "vendor/m"),
        ("m", "m"),
    ],
)
def test_a_name_may_be_written_with_another_date_or_the_prefix_of_a_router(wanted: str, listed: str) -> None:
    assert listed_name(wanted, ["other", listed]) == listed


@pytest.mark.parametrize(
    ("wanted", "listed"),
    [
        ("o3-mini-20250131", "o3-mini-2025-02-01"),
        ("o3-mini-20250131", "o3-mini"),
        ("o3-mini-20250131", "o3-2025-01-31"),
        ("gpt-4-0613", "gpt-4-06-13"),
        ("m-20251399", "m-2025-13-99"),
        ("a/m", "b/m"),
        ("m", "vendor/m-large"),
        ("m", "vendor/other-m"),
    ],
)
def test_other_names_are_other_models(wanted: str, listed: str) -> None:
    assert listed_name(wanted, [listed]) is None


def test_of_two_routes_to_a_model_none_is_chosen() -> None:
    assert listed_name("m", ["openai/m", "azure/m"]) is None


def test_the_very_name_goes_before_one_that_means_the_same() -> None:
    assert listed_name("m-20250131", ["m-2025-01-31", "m-20250131"]) == "m-20250131"


def told(*listed: Any) -> dict[str, Any]:
    return model_details(read_models(models(*listed)))


@pytest.mark.parametrize(
    "passing",
    [
        {"created": 2},
        {"created_at": "2026-01-01"},
        {"permission": [{"id": "modelperm-2", "created": 2}]},
        {"pricing": {"prompt": "0.1"}},
        {"state": "loaded"},
        {"status": {"value": "unloaded"}},
        {"meta": {"modified_at": "today"}},
        {"last_used": 3},
        {"requests": 4, "hits": 5, "ttl": 6, "keep_alive": "5m", "replicas": 2, "tokens_per_second": 8.5},
        {"top_provider": {"context_length": 8}},
    ],
    ids=str,
)
def test_what_changes_by_itself_tells_no_other_model(passing: dict[str, Any]) -> None:
    assert told({"id": "m", "root": "r", **passing}) == told({"id": "m", "root": "r"}) == {"root": "r"}


@pytest.mark.parametrize(
    "telling",
    [
        {"root": "another"},
        {"parent": "base"},
        {"owned_by": "sglang"},
        {"max_model_len": 4096},
        {"meta": {"n_params": 8}},
        {"meta": {"n_ctx_train": 8}},
        {"quantization": "fp8"},
        {"tags": ["a" * 300]},
    ],
    ids=lambda each: str(each)[:30],
)
def test_all_else_does(telling: dict[str, Any]) -> None:
    assert told({"id": "m", **telling}) != told({"id": "m"})


def test_entries_of_several_servers_behind_one_address_count_together() -> None:
    one, two = {"id": "m", "root": "a", "max_model_len": 8}, {"id": "m", "root": "b", "max_model_len": 8}
    assert told(one, two) == told(two, one) == {"root": ["a", "b"], "max_model_len": 8}


@pytest.mark.parametrize("odd", [{"x": 10**400}, {"x": [[[]]] * 9}, {"x" * 9999: 1}, {"x": "\ud800"}, {"x": {"y": {}}}])
def test_whatever_it_says_fits_into_a_file(odd: dict[str, Any]) -> None:
    json.dumps(told({"id": "m", **odd})).encode()


@pytest.mark.parametrize("key", ["sk-secret-0123456789", "token-abc123"])
def test_a_key_is_in_no_name_and_no_value_of_what_it_says(key: str) -> None:
    odd = {key: 1, "root": f"m {key}", "tags": [key], "deep": {"a": {f"b {key}": key}}, f"{'x' * 195}{key}": 1}
    assert key[:5] not in json.dumps(
        model_details(read_models(json.dumps({"data": [{"id": "m", **odd}]}).encode()), key)
    )
