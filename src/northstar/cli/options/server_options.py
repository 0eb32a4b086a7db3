"""The options of a model's server, which `ns eval` and `ns server` share."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import typer

PANEL = "The model and its server"

Model: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--model",
        help="Of a server that is started: the model's folder, or its name on the hub; llamacpp: a GGUF file, or "
        "smollm2 (the default). Else the name that the server knows.",
        rich_help_panel=PANEL,
    ),
]
ServerType: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--server_type",
        help="Started here: vllm, sglang, trtllm, llamacpp, generic. Running already: openai (anything compatible), "
        "azureopenai, gemini [dim](default: openai where an address is given, else llamacpp)[/dim].",
        rich_help_panel=PANEL,
    ),
]
ServerAddress: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--server_address",
        help="http://host:port/v1 of a running server, of any type; its key is read from MODEL_API_KEY, "
        "else OPENAI_API_KEY.",
        rich_help_panel=PANEL,
    ),
]
ServerArgs: TypeAlias = Annotated[
    str,
    typer.Option(
        "--server_args",
        help="Arguments of the server that is started, quoted as for a shell; llamacpp: --parallel, --ctx-size, "
        "--threads, --port.",
        rich_help_panel=PANEL,
    ),
]
ServerGpus: TypeAlias = Annotated[
    int | None,
    typer.Option("--server_gpus", min=0, help="GPUs for the model, on each node; 0: the CPU.", rich_help_panel=PANEL),
]
ServerNodes: TypeAlias = Annotated[
    int, typer.Option("--server_nodes", min=1, help="Nodes that one server spans.", rich_help_panel=PANEL)
]
ServerReplicas: TypeAlias = Annotated[
    int,
    typer.Option("--server_replicas", min=1, help="Servers that share the GPUs and the work.", rich_help_panel=PANEL),
]
ServerRestarts: TypeAlias = Annotated[
    int,
    typer.Option(
        "--server_restarts",
        min=0,
        help="How often in a row a server that dies is started again.",
        rich_help_panel=PANEL,
    ),
]
ServerPython: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--server_python",
        help="The interpreter of the server's own environment [dim](default: this one, or that of its command on the "
        "PATH)[/dim].",
        rich_help_panel=PANEL,
    ),
]
ServerEntrypoint: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--server_entrypoint",
        help="A command in place of the type's own; generic: with {model}, {port}, {gpus}, or it gets --model, --port.",
        rich_help_panel=PANEL,
    ),
]
ServerStartTimeout: TypeAlias = Annotated[
    float,
    typer.Option("--server_start_timeout", min=1, help="Seconds until a server must be ready.", rich_help_panel=PANEL),
]
