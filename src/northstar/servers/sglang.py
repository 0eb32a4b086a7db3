"""SGLang: tensor parallel over all GPUs of all nodes, or on the CPU."""

from __future__ import annotations

from collections.abc import Sequence

from northstar.config.plan import ServerPlan
from northstar.servers.arguments.arguments import has_any, server_words
from northstar.servers.arguments.operational import OPERATIONAL
from northstar.servers.hosting.hosted import HostedServer, Seat, check_model
from northstar.servers.hosting.ports import HOST
from northstar.servers.hosting.server_log import KnownFailure

TITLE = "SGLang"
TENSOR_PARALLEL = ("--tp", "--tp-size", "--tensor-parallel-size")


def command(plan: ServerPlan, seat: Seat, node: int = 0, head: str = HOST) -> list[str]:
    """The server's command line, on the node of that number (node 0 answers requests). head: node 0's address."""
    words = server_words(plan)
    line = [*seat.program, "--model-path", plan.model or "", "--host", HOST, "--port", str(seat.port)]
    if seat.gpus == 0:
        line += [] if has_any(words, "--device") else ["--device", "cpu"]
    elif seat.gpus and not has_any(words, *TENSOR_PARALLEL):
        line += ["--tp", str(seat.gpus * plan.nodes)]
    if plan.nodes > 1:
        line += ["--nnodes", str(plan.nodes), "--node-rank", str(node)]
        line += ["--dist-init-addr", f"{head}:{seat.meeting_port}"]
    return line + words


def program(python: str) -> Sequence[str]:
    return [python, "-m", "sglang.launch_server"]


KNOWN_FAILURES = (
    KnownFailure(
        r"Not enough memory.{0,80}mem-fraction-static|increase --mem-fraction-static",
        "too little GPU memory is left for the cache; more --server_gpus, or another --mem-fraction-static.",
    ),
)

SERVER = HostedServer(
    title=TITLE,
    package="sglang",
    program=program,
    command=command,
    across=command,
    checked=lambda plan: check_model(plan, TITLE),
    on_hub=True,
    known_failures=KNOWN_FAILURES,
    resources=OPERATIONAL,
)
