"""The options of `ns server`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from northstar.config.options.option import group, option
from northstar.config.options.server import ServerOptions
from northstar.core.paths import AnyPath

_OF_ONE_SERVER = ("model", "type", "args", "gpus", "restarts", "python", "entrypoint", "start_timeout")


@dataclass(frozen=True, kw_only=True)
class ServingOptions:
    """One server on this machine."""

    server: ServerOptions = group(ServerOptions, only=_OF_ONE_SERVER)
    log_dir: AnyPath | None = option(
        None, help="Where its log goes [dim](default: the user's folder for logs)[/dim].", typed=Path | None
    )
