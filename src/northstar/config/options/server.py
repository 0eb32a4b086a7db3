"""A model's server: which kind answers, and where or how it is started. The judge's has some of the same options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from northstar.config.options.option import Moves, group, option
from northstar.core.paths import AnyPath

PANEL = "The model and its server"
DETAILS = "The server in detail"
JUDGE_PANEL = "The judge, for benchmarks that have one"


def _server(default: Any, **marks: Any) -> Any:
    return option(default, prefix="server_", **{"panel": PANEL, **marks})


@dataclass(frozen=True, kw_only=True)
class ServerOptions:
    """Each field is one of ServerPlan."""

    model: str | None = option(
        None,
        help="Of a server that is started: the model's folder, or its name on the hub; llamacpp: a GGUF file, or "
        "smollm2 (the default). Else the name that the server knows.",
        panel=PANEL,
        moves=Moves.PATH,
        unless="address",
    )
    type: str | None = _server(
        None,
        help="Started here: vllm, sglang, trtllm, llamacpp, generic. Running already: openai (anything compatible), "
        "azureopenai, gemini [dim](default: openai where an address is given, else llamacpp)[/dim].",
    )
    address: str | Sequence[str] | None = _server(
        None,
        help="http://host:port/v1 of a running server, of any type; its key is read from MODEL_API_KEY, "
        "else OPENAI_API_KEY. Several, each given so, share the work.",
        typed=list[str] | None,
    )
    addresses: AnyPath | None = _server(
        None,
        panel=DETAILS,
        help="A file of addresses, one a line, read again while the run goes on: servers may join and leave.",
        typed=Path | None,
        moves=Moves.PATH,
    )
    args: str = _server(
        "",
        help="Arguments of the server that is started, quoted as for a shell; llamacpp: --parallel, --ctx-size, "
        "--threads, --port.",
        moves=Moves.WORDS,
    )
    gpus: int | None = _server(None, minimum=0, help="GPUs for the model, on each node; 0: the CPU.")
    nodes: int | None = _server(
        None, panel=DETAILS, minimum=1, help="Nodes that one server spans [dim](default: 1)[/dim]."
    )
    replicas: int | None = _server(
        None, panel=DETAILS, minimum=1, help="Servers that share the GPUs and the work [dim](default: 1)[/dim]."
    )
    restarts: int = _server(3, panel=DETAILS, minimum=0, help="How often in a row a server that dies is started again.")
    python: str | None = _server(
        None,
        panel=DETAILS,
        help="The interpreter of the server's own environment [dim](default: this one, or that of its command on the "
        "PATH)[/dim].",
        moves=Moves.PROGRAM,
    )
    entrypoint: str | None = _server(
        None,
        panel=DETAILS,
        help="A command in place of the type's own; generic: with {model}, {port}, {gpus}, or it gets --model, --port.",
        moves=Moves.PROGRAM,
    )
    start_timeout: float = _server(3600, panel=DETAILS, minimum=1, help="Seconds until a server must be ready.")


_OF_THE_JUDGE = {
    "model": "The judge's model, or several: A,B [dim](default: the benchmark's own; hle: o3-mini-20250131)[/dim]; "
    "none judges nothing.",
    "type": "As --server_type [dim](default: openai)[/dim]. A server that is started here judges after the model.",
    "address": "Of a running server [dim](default: OpenAI's)[/dim]; its key is read from JUDGE_API_KEY, else "
    "OPENAI_API_KEY.",
    "gpus": "GPUs of a server that is started.",
    "args": "Arguments of a server that is started.",
    "python": "The interpreter of that server's environment.",
}


@dataclass(frozen=True, kw_only=True)
class JudgeOptions:
    """A judge; what isn't given is the benchmark's own."""

    server: ServerOptions = group(
        ServerOptions, prefix="judge_", only=tuple(_OF_THE_JUDGE), helps=_OF_THE_JUDGE, panel=JUDGE_PANEL
    )
    extra_judge_args: str | Sequence[str] | Mapping[str, Any] = option(
        "",
        help="Settings of the judge: '++inference.tokens_to_generate=4096 ++max_concurrent_requests=8'.",
        in_python="Settings of the judge, written like overrides.",
        panel=JUDGE_PANEL,
        typed=str,
        moves=Moves.OVERRIDES,
    )
