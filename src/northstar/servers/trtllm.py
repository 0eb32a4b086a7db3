"""TensorRT-LLM's trtllm-serve: tensor parallel over all GPUs of all nodes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from northstar.config.plan import ServerPlan
from northstar.core.errors import UsageError
from northstar.models.sampling_words import OF_TENSORRT_LLM
from northstar.servers.arguments.arguments import has_any, server_words
from northstar.servers.arguments.operational import OPERATIONAL
from northstar.servers.hosting.hosted import HostedServer
from northstar.servers.hosting.ports import HOST
from northstar.servers.hosting.server_log import KnownFailure
from northstar.servers.hosting.software import Seat, ServerSoftware, check_model

TITLE = "TensorRT-LLM"


KNOWN_FAILURES = (
    KnownFailure(r"Error: No such option:? '?(--[\w-]+)", "the server has no argument {0}; check --server_args."),
    KnownFailure(r"Error: (Invalid value for [^\n]+)", "{0} Check --server_args."),
    KnownFailure(
        r"Failed to allocate .{0,60}memory|free_gpu_memory_fraction",
        "too little GPU memory is left; more --server_gpus, or another --kv_cache_free_gpu_memory_fraction.",
    ),
)


class TensorRTLLM(ServerSoftware):
    title = TITLE
    package = "tensorrt_llm"
    on_hub = True
    several_nodes = True
    known_failures = KNOWN_FAILURES
    words = OF_TENSORRT_LLM
    resources = OPERATIONAL

    def program(self, python: str) -> Sequence[str]:
        """The command that lies beside the interpreter that has the package."""
        return [str(Path(python).parent / "trtllm-serve")]

    def command(self, plan: ServerPlan, seat: Seat) -> list[str]:
        """With several nodes, the same for every rank: one a GPU, in one MPI world of srun or mpirun."""
        words = server_words(plan)
        launch = ["trtllm-llmapi-launch"] if plan.nodes > 1 else []
        line = [*launch, *seat.program, plan.model or "", "--host", HOST, "--port", str(seat.port)]
        if seat.gpus and not has_any(words, "--tp-size"):
            line += ["--tp_size", str(seat.gpus * plan.nodes)]
        if seat.gpus and plan.nodes > 1 and not has_any(words, "--gpus-per-node"):
            line += ["--gpus_per_node", str(seat.gpus)]
        return line + words

    def check(self, plan: ServerPlan) -> ServerPlan:
        if plan.gpus == 0:
            raise UsageError(f"{plan.option('server_gpus')}=0: {TITLE} does not run on the CPU.")
        return check_model(plan, TITLE)

    def ranks_a_node(self, plan: ServerPlan) -> int:
        return max(1, plan.gpus or 1)


SERVER = HostedServer(TensorRTLLM())
