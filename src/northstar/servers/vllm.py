"""vLLM: tensor parallel over the GPUs of a node, over several nodes by Ray, or on the CPU."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence

from northstar.config.plan import ServerPlan
from northstar.models.sampling_words import OF_VLLM
from northstar.servers.arguments.arguments import has_any, server_words
from northstar.servers.arguments.model_files import pinned
from northstar.servers.arguments.operational import OPERATIONAL
from northstar.servers.hosting.hosted import HostedServer
from northstar.servers.hosting.ports import HOST
from northstar.servers.hosting.server_log import KnownFailure
from northstar.servers.hosting.software import Seat, ServerSoftware, check_model
from northstar.servers.launchers import launcher

TITLE = "vLLM"
CPU_CACHE_GIB = 4
SPLIT = ("--tensor-parallel-size", "-tp", "--pipeline-parallel-size", "-pp", "--data-parallel-size", "-dp")
"""Whoever says one of these says how the model is split; nothing is added to it."""
BATCHING = ("--enable-chunked-prefill", "--no-enable-chunked-prefill", "--max-num-batched-tokens")
"""Else prompts are never read in chunks on the CPU: vLLM 0.32 dies there of one with a seed ("CPU Generator does not
use offset")."""


def ray_command(python: str, node: int, head: str, gpus: int, port: int) -> list[str]:
    """What each of several nodes runs first. On node 0, the head, it comes back at once and `command` follows; on the
    others it stays. head: its address, where it listens at that port. gpus: of a node.
    """
    ray = [python, "-m", "ray.scripts.scripts", "start", f"--num-gpus={gpus}"]
    if node == 0:
        return [*ray, "--head", f"--node-ip-address={head}", f"--port={port}"]
    return [*ray, f"--address={head}:{port}", "--block"]


KNOWN_FAILURES = (
    KnownFailure(
        r"less than requested memory for kv|less than desired GPU memory utilization|No available memory for the cache",
        "too little memory is free for the cache; lower --gpu-memory-utilization (on the CPU: the environment's "
        "VLLM_CPU_KVCACHE_SPACE, in GiB), or end what else uses it.",
    ),
    KnownFailure(
        r"larger than the maximum number of tokens that can be stored in (?:the )?KV cache|KV cache is needed, which is"
        r" larger than the available",
        "the cache can't hold one answer of the model's full context; give a smaller --max-model-len.",
    ),
    KnownFailure(
        r"invalid tool call parser: (\S+)|Tool parser '([^']+)' not found|KeyError: \"?'?([\w-]+)'? not found",
        "there is no such tool parser; if a --tool-parser-plugin should bring it, look for its own error above.",
    ),
    KnownFailure(r"Failed to load module '([^']+)'", "the plugin {0} can't be loaded; its own error is in the log."),
    KnownFailure(
        r"(Total number of attention heads \(\d+\) must be divisible by tensor parallel size \(\d+\))",
        "{0}; choose another --server_gpus.",
    ),
    KnownFailure(
        r"User-specified max_model_len \((\d+)\) is greater than the derived",
        "--max-model-len {0} is more than the model can.",
    ),
    KnownFailure(
        r"contains custom code which must be executed",
        "the model brings code of its own; if you trust it, add --trust-remote-code to --server_args.",
    ),
    KnownFailure(
        r"Model architectures? .{0,120} (?:is|are) not supported", "this version of vLLM does not know such a model."
    ),
)


class VLLM(ServerSoftware):
    title = TITLE
    package = "vllm"
    on_hub = True
    several_nodes = True
    known_failures = KNOWN_FAILURES
    words = OF_VLLM
    resources = OPERATIONAL

    def program(self, python: str) -> Sequence[str]:
        return [python, launcher("start_vllm")]

    def command(self, plan: ServerPlan, seat: Seat) -> list[str]:
        """The API server's command line; with several nodes, of the one where Ray's head runs (see `ray_command`).

        As vLLM's documentation has it: tensor parallel within a node, pipeline parallel across nodes.
        """
        words = server_words(plan)
        line = [*seat.program, "--model", plan.model or "", "--host", HOST, "--port", str(seat.port)]
        line += ["--revision", plan.revision] if plan.revision else []
        if not has_any(words, *SPLIT):
            if seat.gpus:
                line += ["--tensor-parallel-size", str(seat.gpus)]
            if plan.nodes > 1:
                line += ["--pipeline-parallel-size", str(plan.nodes)]
        if plan.nodes > 1 and not has_any(words, "--distributed-executor-backend"):
            line += ["--distributed-executor-backend", "ray"]
        if plan.gpus == 0 and not has_any(words, *BATCHING):
            line += ["--no-enable-chunked-prefill"]
        return line + words

    def command_on(self, plan: ServerPlan, seat: Seat, node: int, head: str) -> list[str]:
        """The first node starts Ray's head and then the server, the others join it once it is up."""
        ray = shlex.join(ray_command(seat.program[0], node, head, seat.gpus or 0, seat.meeting_port))
        if node == 0:
            own = f"RAY_ADDRESS={head}:{seat.meeting_port}"  # there may be another job's on this node
            return ["bash", "-c", f"{ray} && exec env {own} {shlex.join(self.command(plan, seat))}"]
        return ["bash", "-c", f"until {ray}; do sleep 5; done"]

    def environment(self, plan: ServerPlan) -> dict[str, str]:
        """An evaluation reports to nobody. On the CPU vLLM would take nearly all memory for its cache."""
        words = server_words(plan)
        added = {"VLLM_NO_USAGE_STATS": "1", "VLLM_API_KEY": ""}
        if plan.gpus == 0 and not has_any(words, "--kv-cache-memory-bytes", "--gpu-memory-utilization"):
            added["VLLM_CPU_KVCACHE_SPACE"] = str(CPU_CACHE_GIB)
        return added

    def check(self, plan: ServerPlan) -> ServerPlan:
        return check_model(plan, self.title)

    def fetched(self, plan: ServerPlan, say: Callable[[str], None], *, starts: bool) -> ServerPlan:  # noqa: ARG002
        return pinned(plan) if starts else plan


SERVER = HostedServer(VLLM())
