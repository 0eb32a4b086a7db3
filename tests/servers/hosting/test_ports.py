"""The port of a server: the user's, the one it had, or any that is free."""

from __future__ import annotations

import socket

import pytest

from northstar.config.plan import ServerPlan
from northstar.core.errors import NorthstarError
from northstar.servers.hosting.ports import choose_port

ANY = ServerPlan(type="vllm")


def users(port: int) -> ServerPlan:
    return ServerPlan(type="vllm", args=f"--port {port}")


def test_started_again_it_keeps_its_port() -> None:
    first = choose_port(ANY, None)
    assert choose_port(ANY, first) == first


def test_where_somebody_has_taken_it_another_is_chosen() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        assert choose_port(ANY, taken) != taken


def test_the_users_is_kept_when_it_is_started_again_whoever_has_it_now() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        with pytest.raises(NorthstarError, match="leave --port out"):
            choose_port(users(taken), None)
        assert choose_port(users(taken), taken) == taken
