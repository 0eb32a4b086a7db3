"""Any OpenAI-compatible server that one command starts: --server_entrypoint."""

from __future__ import annotations

from northstar.config.plan import ServerPlan
from northstar.core.errors import UsageError
from northstar.servers.arguments.arguments import PORT_TO_FILL_IN, server_words, split_words
from northstar.servers.hosting.hosted import HostedServer
from northstar.servers.hosting.software import Seat, ServerSoftware


def _filled(word: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        word = word.replace(name, value)
    return word


class Entrypoint(ServerSoftware):
    title = "the entrypoint"
    health = "/v1/models"
    wants_keys = True  # it may be a proxy

    def command(self, plan: ServerPlan, seat: Seat) -> list[str]:
        """The entrypoint and the server's arguments, with {model}, {port} and {gpus} filled in.

        Where {port} is nowhere, `--model MODEL --port PORT` is put between them.
        """
        words = [*seat.program, *server_words(plan)]
        values = {"{model}": plan.model or "", PORT_TO_FILL_IN: str(seat.port), "{gpus}": str(seat.gpus or 0)}
        if any(PORT_TO_FILL_IN in word for word in words):
            return [_filled(word, values) for word in words]
        named = ["--model", plan.model] if plan.model else []
        return [*seat.program, *named, "--port", str(seat.port), *server_words(plan)]

    def check(self, plan: ServerPlan) -> ServerPlan:
        option = plan.option("server_entrypoint")
        if not plan.entrypoint:
            raise UsageError(f"{option} is missing: which command starts the server? For example '/opt/serve.sh'.")
        split_words(plan.entrypoint, option)
        return plan

    def program(self, python: str) -> list[str]:
        return [python]


SERVER = HostedServer(Entrypoint())
