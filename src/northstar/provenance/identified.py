"""The models of a plan's servers, each identified once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from northstar.config.plan import ServerPlan
from northstar.models.identity.content import digest
from northstar.models.identity.identified import Identified
from northstar.servers.server import find_server_type


@dataclass(frozen=True)
class Models:
    """What tells the model of each server from another of the same name."""

    of: Mapping[ServerPlan, Identified] = field(default_factory=dict)

    @property
    def contents(self) -> dict[str, dict[str, str]]:
        """The hash that an identity holds → the files that it is of, each with its own."""
        parts = (part for each in self.of.values() for part in (each.files, each.named_files) if part)
        return {digest(part): dict(part) for part in parts}

    @property
    def written(self) -> dict[str, str]:
        """A model's path as others call it → as the command wrote it: earlier versions noted the one or the other."""
        return {path: each.named for each in self.of if each.named and each.model for path in _paths(each, each.model)}

    @property
    def why_not(self) -> dict[str, str]:
        """The name of each model that is known by nothing else → why that is so."""
        return {name_of(plan): each.why_not for plan, each in self.of.items() if each.why_not}


def identify_models(servers: Iterable[ServerPlan]) -> Models:
    """Reads some megabytes of each model that a server here will load."""
    return Models({server: find_server_type(server.type).identify(server) for server in dict.fromkeys(servers)})


def identify_before_jobs(servers: Iterable[ServerPlan]) -> Models:
    """The same where the servers may start elsewhere, but for commits: the hub, or a cache, may tell them another."""
    found = identify_models(servers)
    return Models({server: replace(each, commit=None) for server, each in found.of.items()})


async def models_of(servers: Iterable[ServerPlan]) -> Models:
    """The same, without holding up the event loop: the disk may be a slow one."""
    return await asyncio.to_thread(identify_models, servers)


def name_of(server: ServerPlan) -> str:
    """The model as the command wrote it."""
    return server.named or server.model or ""


def _paths(server: ServerPlan, model: str) -> set[str]:
    return {model, server.seen(model)}
