"""Server types are found by name."""

from __future__ import annotations

import pytest

from northstar.config.plan import ServerPlan
from northstar.core.errors import UsageError
from northstar.servers.hosting.hosted import HostedServer
from northstar.servers.hosting.software import Seat, ServerSoftware
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


@pytest.mark.parametrize(("name", "ranks"), [("trtllm", 8), ("vllm", 1), ("sglang", 1), ("openai", 1)])
def test_over_several_nodes_trtllm_alone_needs_a_process_for_each_gpu(name: str, ranks: int) -> None:
    server = find_server_type(name)
    assert server.ranks_a_node(ServerPlan(type=name, model="m", gpus=8, nodes=2)) == ranks
    assert server.ranks_a_node(ServerPlan(type=name, model="m", gpus=8)) == 1


class Tiny(ServerSoftware):
    """All that a new server type has to say."""

    title = "Tiny"

    def program(self, python: str) -> list[str]:
        return [python, "-m", "tiny"]

    def command(self, plan: ServerPlan, seat: Seat) -> list[str]:
        return [*seat.program, f"--port={seat.port}"]


def test_a_new_server_type_says_how_it_is_started_and_has_defaults_for_the_rest() -> None:
    server, plan = HostedServer(Tiny()), ServerPlan(type="tiny", model="m", args="--speed 3")
    assert (server.check(plan), server.identity(plan)) == (plan, {"args": "--speed 3"})
    with pytest.raises(UsageError, match="--server_nodes=2: Tiny runs on one node"):
        server.check(plan.model_copy(update={"nodes": 2}))
