"""Models of the hub: fetched, and at a commit, before a plan is run or submitted."""

from __future__ import annotations

from collections.abc import Callable

from northstar.config.plan import Plan
from northstar.servers.server import find_server_type


def with_models(plan: Plan, say: Callable[[str], None], *, starts: bool) -> Plan:
    """Return the plan with each server's model at a commit, and fetch what Northstar itself fetches.

    Args:
        plan: The plan.
        say: Told what is fetched, and how large it is.
        starts: Whether this process will start the servers; else another machine does.

    Raises:
        NorthstarError: A model is not to be had.
    """
    found = {
        server: find_server_type(server.type).fetched(server, say, starts=starts)
        for server in dict.fromkeys(plan.servers)
    }
    generate = plan.generate
    return plan.model_copy(
        update={
            "generate": None if generate is None else generate.model_copy(update={"server": found[generate.server]}),
            "judges": tuple(judge.model_copy(update={"server": found[judge.server]}) for judge in plan.judges),
        }
    )


def models_to_fetch(plan: Plan) -> list[str]:
    """Return a sentence on each model that the run would fetch first. Asks the hub."""
    wanted = [find_server_type(server.type).to_fetch(server) for server in dict.fromkeys(plan.servers)]
    return [f"the run fetches {each} first" for each in wanted if each]
