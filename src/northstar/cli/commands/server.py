"""`ns server`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from northstar.cli.options.server_options import (
    Model,
    ServerArgs,
    ServerEntrypoint,
    ServerGpus,
    ServerPython,
    ServerRestarts,
    ServerStartTimeout,
    ServerType,
)


def server(
    model: Model = None,
    server_type: ServerType = None,
    server_args: ServerArgs = "",
    server_gpus: ServerGpus = None,
    server_restarts: ServerRestarts = 3,
    server_python: ServerPython = None,
    server_entrypoint: ServerEntrypoint = None,
    server_start_timeout: ServerStartTimeout = 3600,
    log_dir: Annotated[
        Path | None,
        typer.Option("--log_dir", help="Where its log goes [dim](default: the user's folder for logs)[/dim]."),
    ] = None,
) -> None:
    """Start a model's server as ns eval does, print its address, and keep it up until Ctrl-C; for several runs.

    Example: ns server --model=/models/my-model --server_type=vllm --server_gpus=8
    """
    from northstar.api.serving import serve

    serve(
        log_dir,
        model=model,
        server_type=server_type,
        server_args=server_args,
        server_gpus=server_gpus,
        server_restarts=server_restarts,
        server_python=server_python,
        server_entrypoint=server_entrypoint,
        server_start_timeout=server_start_timeout,
    )
