"""SGLang: tensor parallel over all GPUs of all nodes, or on the CPU."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from northstar.config.plan import ServerPlan
from northstar.models.sampling_words import OF_SGLANG
from northstar.servers.arguments.arguments import has_any, server_words
from northstar.servers.arguments.model_files import pinned
from northstar.servers.arguments.operational import OPERATIONAL
from northstar.servers.hosting.hosted import HostedServer
from northstar.servers.hosting.ports import HOST
from northstar.servers.hosting.server_log import KnownFailure
from northstar.servers.hosting.software import Seat, ServerSoftware, check_model

TITLE = "SGLang"
TENSOR_PARALLEL = ("--tp", "--tp-size", "--tensor-parallel-size")


KNOWN_FAILURES = (
    KnownFailure(
        r"Not enough memory.{0,80}mem-fraction-static|increase --mem-fraction-static",
        "too little GPU memory is left for the cache; more --server_gpus, or another --mem-fraction-static.",
    ),
)


class SGLang(ServerSoftware):
    title = TITLE
    package = "sglang"
    on_hub = True
    several_nodes = True
    known_failures = KNOWN_FAILURES
    words = OF_SGLANG
    resources = OPERATIONAL

    def program(self, python: str) -> Sequence[str]:
        return [python, "-m", "sglang.launch_server"]

    def command(self, plan: ServerPlan, seat: Seat) -> list[str]:
        return self.command_on(plan, seat, 0, HOST)

    def command_on(self, plan: ServerPlan, seat: Seat, node: int, head: str) -> list[str]:
        """Node 0 answers requests."""
        words = server_words(plan)
        line = [*seat.program, "--model-path", plan.model or "", "--host", HOST, "--port", str(seat.port)]
        line += ["--revision", plan.revision] if plan.revision else []
        if seat.gpus == 0:
            line += [] if has_any(words, "--device") else ["--device", "cpu"]
        elif seat.gpus and not has_any(words, *TENSOR_PARALLEL):
            line += ["--tp", str(seat.gpus * plan.nodes)]
        if plan.nodes > 1:
            line += ["--nnodes", str(plan.nodes), "--node-rank", str(node)]
            line += ["--dist-init-addr", f"{head}:{seat.meeting_port}"]
        return line + words

    def check(self, plan: ServerPlan) -> ServerPlan:
        return check_model(plan, self.title)

    def fetched(self, plan: ServerPlan, say: Callable[[str], None], *, starts: bool) -> ServerPlan:  # noqa: ARG002
        return pinned(plan) if starts else plan


SERVER = HostedServer(SGLang())
