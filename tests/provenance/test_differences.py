"""Which differences are other results: what a model is counts, not what its folder is called."""

from __future__ import annotations

from typing import Any

import pytest

from northstar.provenance.differences import (
    changed_descriptions,
    differences,
    grows,
    merge_descriptions,
    merge_identities,
    remedy,
)

FILES = {
    "old": {"config.json": "1", "model.safetensors": "2"},
    "new": {"config.json": "9", "model.safetensors": "2", "extra.py": "3"},
    "template": {"--chat-template": "1"},
    "other template": {"--chat-template": "2"},
}
BY_CONTENT = {"model": "/a/m", "model_content": "old"}
BY_NAME = {"model": "/a/m"}
HUB = {"model": "org/m", "model_commit": "1"}
ROUTED = {"model": "m", "said.root": ["a", "b"]}


@pytest.mark.parametrize(
    ("there", "now"),
    [
        (BY_CONTENT, BY_CONTENT),
        (BY_CONTENT, BY_CONTENT | {"model": "/b/m"}),
        (BY_CONTENT | {"server.model_bytes": 1}, BY_CONTENT | {"server.model_bytes": 1}),
        (BY_NAME, BY_CONTENT),  # made by an earlier version
        (BY_CONTENT, BY_NAME),  # a worker that doesn't see the folder
        (BY_NAME | {"model": "/host/m"}, BY_CONTENT),  # by the name that a container has for it
        (HUB, {"model": "org/m"}),
        ({"model": "org/m"}, HUB),
        (
            {"server.args": "--chat-template /a", "server.args_but_paths": "x {file}", "server.files": "template"},
            {"server.args": "--chat-template /b", "server.args_but_paths": "x {file}", "server.files": "template"},
        ),
        ({"server.args": "--a 1 --b"}, {"server.args": "--b --a 1"}),
        ({"server.args": "--a 1 --enable-metrics"}, {"server.args": "--a 1"}),  # an earlier version noted it
        ({"model": "m", "said.root": "r"}, {"model": "m"}),
        (ROUTED, ROUTED | {"said.root": "b"}),
        (
            {"said.max_model_len": "4096"},
            {"said.max_model_len": 4096},
        ),  # an earlier version kept it as the server had it
        ({"said.parent": None}, {"said.parent": None}),
        ({"said.parent": [None, "base"]}, {"said.parent": None}),
        (ROUTED | {"said.root": "b"}, ROUTED),
        (ROUTED, ROUTED | {"said.root": ["b", "c"]}),
        ({"said.root": "a"}, {"said.owned_by": "vllm", "said.root": "a"}),  # a server that was upgraded says more
        ({"said.root": "a", "said.engine_version": "1"}, {"said.root": "a"}),
        ({"said.engine_version": "1"}, {"said.engine_version": "2"}),
        ({"said.build_commit": "1"}, {"said.build_commit": "2"}),
        ({"said.supported_parameters": "[1]"}, {"said.supported_parameters": "[1, 2]"}),
        ({"said.top_provider.max_completion_tokens": 1}, {"said.top_provider.max_completion_tokens": 2}),
        ({"said.meta.n_ctx": 1}, {"said.meta.n_ctx": 2}),
    ],
)
def test_the_same(there: dict[str, Any], now: dict[str, Any]) -> None:
    assert differences(there, now, FILES, {"/host/m": "/a/m"}) == []


@pytest.mark.parametrize(
    ("there", "now", "lines"),
    [
        (
            BY_CONTENT,
            BY_CONTENT | {"model_content": "new"},
            ["the model's config.json: changed", "the model's extra.py: new"],
        ),
        (
            BY_CONTENT | {"model_content": "new"},
            {"model": "/b/m", "model_content": "old"},
            ['model: "/a/m" there, "/b/m" now', "the model's config.json: changed", "the model's extra.py: gone"],
        ),
        (
            BY_CONTENT | {"model_content": "lost"},
            BY_CONTENT | {"model_content": "also"},
            ["the model's files: changed"],
        ),
        (BY_NAME, BY_CONTENT | {"model": "/b/m"}, ['model: "/a/m" there, "/b/m" now']),
        (BY_CONTENT, HUB, ['model: "/a/m" there, "org/m" now']),
        (HUB, HUB | {"model_commit": "2"}, ['the model\'s commit: "1" there, "2" now']),
        (
            {"server.args_but_paths": "{file}", "server.args": "/a", "server.files": "template"},
            {"server.args_but_paths": "{file}", "server.args": "/a", "server.files": "other template"},
            ["the server's --chat-template: changed"],
        ),
        (
            {"server.args": "--x 1 /a/t", "server.args_but_paths": "--x 1 {file}"},
            {"server.args": "--x 2 /b/t", "server.args_but_paths": "--x 2 {file}"},
            ["server.args: \"--x 1 '{file}'\" there, \"--x 2 '{file}'\" now"],
        ),
        (
            {"server.args": "--a 1 --x 1 --b 2 3"},
            {"server.args": "--a 1 --b 2 4 --c"},
            ['server.args: "--x 1 --b 2 3" there, "--b 2 4 --c" now'],
        ),
        (
            {"server.args": "--x 1 --x 2"},
            {"server.args": "--x 2 --x 1"},
            ['server.args: "--x 1 --x 2" there, "--x 2 --x 1" now'],
        ),
        ({"server.args": "--x 1"}, {}, ['server.args: "--x 1" there, not set now']),
        (
            {"model": "m", "said.root": "a"},
            {"model": "m", "said.root": "b"},
            ['what the server says of the model, root: "a" there, "b" now'],
        ),
        (ROUTED, ROUTED | {"said.root": "c"}, ['what the server says of the model, root: ["a", "b"] there, "c" now']),
    ],
)
def test_another(there: dict[str, Any], now: dict[str, Any], lines: list[str]) -> None:
    assert differences(there, now, FILES) == lines


def test_of_many_files_some_are_named() -> None:
    many = {"one": {f"{n}.safetensors": "1" for n in range(99)}, "two": {f"{n}.safetensors": "2" for n in range(99)}}
    lines = differences({"model_content": "one"}, {"model_content": "two"}, many)
    assert (len(lines), lines[-1]) == (8, "the model's other files: 92 more differ")


def test_what_is_known_stays_known_where_nobody_could_see_it() -> None:
    assert merge_identities(BY_CONTENT | {"said.root": "a", "split": "s"}, BY_NAME) == BY_CONTENT | {"said.root": "a"}
    assert merge_identities(BY_NAME, BY_CONTENT) == BY_CONTENT


@pytest.mark.parametrize(
    "key",
    [
        *(
            "root",
            "parent",
            "max_model_len",
            "owned_by",
            "meta.n_params",
            "meta.size",
            "meta.n_vocab",
            "meta.n_ctx_train",
        ),
        *(
            "hash",
            "digest",
            "details.sha256",
            "revision",
            "quantization",
            "details.quantization_level",
            "details.family",
        ),
    ],
)
def test_another_value_of_what_tells_a_model_is_another_model(key: str) -> None:
    assert len(differences({f"said.{key}": "1"}, {f"said.{key}": "2"}, {})) == 1


def test_the_rest_of_what_a_server_says_is_only_told() -> None:
    there = {"said.root": "a", "said.engine_version": "1", "said.old": 1, "said.same": 1}
    now = {"said.root": "b", "said.engine_version": "2", "said.new": 1, "said.same": 1}
    assert changed_descriptions(there, now) == ['engine_version: "1" there, "2" now']


def test_all_servers_of_a_router_are_remembered() -> None:
    there = {"said.root": "a", "said.version": "1", "said.owned_by": "x"}
    now = {"said.root": ["a", "b"], "said.version": "2"}
    assert merge_descriptions(there, now) == {"said.root": ["a", "b"], "said.version": "2", "said.owned_by": "x"}


def test_null_is_something_that_a_server_says() -> None:
    """As vLLM does of `parent`, of a model without an adapter."""
    assert merge_descriptions({}, {"said.parent": None}) == {"said.parent": None}
    assert merge_descriptions({"said.parent": None}, {"said.parent": "base"}) == {"said.parent": [None, "base"]}


ELSE = "hoose another --output_dir, or --rerun_done to set those results aside and ask again."


@pytest.mark.parametrize(("benchmark", "dotted"), [("gpqa", "gpqa.main"), ("bfcl_v3.simple", "bfcl_v3.main.simple")])
def test_results_of_another_split_are_gone_on_with_by_its_name(benchmark: str, dotted: str) -> None:
    assert remedy(benchmark, {"split": "main"}, {"split": "diamond"}) == (
        f"To go on with those results, name their split: --benchmarks={dotted}. For split diamond, c{ELSE}"
    )


def test_other_results_of_the_same_split_are_set_aside_or_left() -> None:
    assert remedy("gpqa", {"split": "main", "model": "a"}, {"split": "main", "model": "b"}) == f"C{ELSE}"


def test_results_whose_number_of_rows_is_not_known_do_not_grow() -> None:
    there, now = {"split": "main"}, {"split": "main", "rows": 3}
    lines = differences(there, now, {})
    assert not grows(there, now, lines)
    assert remedy("gpqa", there, now, lines) == f"C{ELSE}"
