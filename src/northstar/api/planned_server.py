"""Plans a server, the model's or a judge's, from its options."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from northstar.config.cluster import Cluster
from northstar.config.options.server import ServerOptions
from northstar.config.plan import ServerPlan
from northstar.core.errors import UsageError
from northstar.executors.choice import executor_of
from northstar.servers.server import check_server
from northstar.servers.unless_told import type_unless_named


def plan_server(options: ServerOptions, cluster: Cluster, role: Literal["model", "judge"] = "model") -> ServerPlan:
    """Check the options and plan their server. Raises UsageError."""
    prefix = "judge_" if role == "judge" else ""
    addresses = (options.address,) if isinstance(options.address, str) else tuple(options.address or ())
    if any(not address.strip() for address in addresses):
        raise UsageError(f"--{prefix}server_address is empty; it should look like http://host:8000/v1.")
    place = addresses[0] if addresses else None if options.addresses is None else str(options.addresses)
    kind = options.type or type_unless_named(options.model, place)
    given = {name: value for name, value in vars(options).items() if name != "addresses" and value is not None} | {
        "type": kind,
        "python": options.python or cluster.interpreters.get(kind),
        "address": addresses[0] if addresses else None,
        "more_addresses": addresses[1:],
        "addresses_file": None if options.addresses is None else Path(options.addresses).expanduser().absolute(),
    }
    try:
        server = ServerPlan(**given, role=role)
    except ValidationError as error:
        problem = error.errors()[0]
        name = ".".join(map(str, problem["loc"]))
        option = f"--{prefix}{name if name == 'model' else f'server_{name}'}"
        raise UsageError(f"{option}={problem['input']}: {problem['msg'].lower()}.") from None
    here = executor_of(cluster).here
    if server.nodes > 1 and here:
        raise UsageError(f"--{prefix}server_nodes={server.nodes} needs a cluster; this machine is one node.")
    return check_server(server, started_here=here and cluster.image(kind) is None)
