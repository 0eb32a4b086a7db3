"""Where a server listens: what the user asks for, or any port that is free."""

from __future__ import annotations

import socket

from northstar.config.plan import ServerPlan
from northstar.core.errors import NorthstarError
from northstar.servers.arguments.arguments import port_of, server_words

HOST = "127.0.0.1"


def choose_port(plan: ServerPlan, before: int | None) -> int:
    """The port that --server_args asks for, else the one it had `before` if that is free, or any other.

    Raises NorthstarError when somebody has the user's port at the start; later on, it may be free again by itself.
    """
    wanted = port_of(plan, server_words(plan))
    if wanted is None:
        try:
            return _bindable(before or 0)
        except OSError:
            return _bindable(0)
    if before is None:
        try:
            return _bindable(wanted)
        except OSError as error:
            raise NorthstarError(
                f"{plan.option('server_args')}: cannot serve at --port {wanted}: {error.strerror}; leave --port out."
            ) from None
    return wanted


def free_meeting_port() -> int:
    """Any that is free: another server over several nodes may be on these."""
    with socket.socket() as listener:
        listener.bind(("", 0))
        return int(listener.getsockname()[1])


def _bindable(port: int) -> int:
    """The port, any free one for 0. Raises OSError when it can't be had."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        return int(listener.getsockname()[1])
