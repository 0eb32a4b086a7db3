"""Who reads tool calls decides the endpoint; the Responses API leaves it to the server."""

from __future__ import annotations

import pytest

from northstar.benchmarks.calling import tools_of_rows
from northstar.benchmarks.registry import find_benchmark
from northstar.config.overrides import parse_overrides, settings_from
from northstar.config.settings import EvalSettings
from northstar.core.errors import UsageError

RESPONSES = "++inference.endpoint_type=responses"


def read_by(*overrides: str) -> EvalSettings:
    tree = parse_overrides(overrides)
    named = "use_client_parsing" in tree
    return tools_of_rows(find_benchmark("bfcl_v3.simple"), settings_from(tree).asked, "Qwen3-8B", reader_named=named)


@pytest.mark.parametrize(
    ("overrides", "endpoint", "here", "parser"),
    [
        ([], "text", True, "hermes"),
        (["++use_client_parsing=False"], "chat", False, None),
        ([RESPONSES], "responses", False, None),
        ([RESPONSES, "++use_client_parsing=False"], "responses", False, None),
    ],
)
def test_the_reader_decides_the_endpoint(overrides: list[str], endpoint: str, here: bool, parser: str | None) -> None:
    found = read_by(*overrides)
    assert (found.inference.endpoint_type, found.use_client_parsing, found.tool_parser) == (endpoint, here, parser)


def test_two_readers_are_refused() -> None:
    with pytest.raises(UsageError, match="has the server read them: remove one of the two"):
        read_by(RESPONSES, "++use_client_parsing=True")
    with pytest.raises(UsageError, match="responses leaves that to the server: remove one of the two"):
        read_by(RESPONSES, "++tool_parser=hermes")
