"""`ns server`."""

from __future__ import annotations

from northstar.config.options.serving import ServingOptions


def server(options: ServingOptions) -> None:
    """Start a model's server as ns eval does, print its address, and keep it up until Ctrl-C; for several runs.

    Example: ns server --model=/models/my-model --server_type=vllm --server_gpus=8
    """
    from northstar.api.serving import serve

    serve(options)
