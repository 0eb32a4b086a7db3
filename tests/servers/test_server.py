"""Server types are found by name."""

from __future__ import annotations

import pytest

from northstar.core.errors import UsageError
from northstar.servers.server import find_server_type, server_types


def test_each_module_that_defines_a_server_is_a_type() -> None:
    assert server_types() == [
        "azureopenai",
        "gemini",
        "generic",
        "llamacpp",
        "openai",
        "sglang",
        "trtllm",
        "vllm",
    ]


@pytest.mark.parametrize("name", server_types())
def test_each_type_can_check_a_plan_and_run_it(name: str) -> None:
    server = find_server_type(name)
    assert callable(server.check)
    assert callable(server.run)


def test_an_unknown_type_names_the_nearest_and_all() -> None:
    with pytest.raises(UsageError) as raised:
        find_server_type("opnai")
    said = "unknown server type 'opnai'. Did you mean openai or azureopenai? --server_type knows azureopenai, gemini, "
    assert str(raised.value) == said + "generic, llamacpp, openai, sglang, trtllm, vllm."


@pytest.mark.parametrize("name", ["server", "hosting", "launchers", "", "os", "../openai"])
def test_what_is_no_type_is_not_imported(name: str) -> None:
    with pytest.raises(UsageError, match="unknown server type"):
        find_server_type(name)
