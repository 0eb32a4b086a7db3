"""Identifies the models of a plan's servers, each once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from northstar.config.plan import ServerPlan
from northstar.models.identity.content import digest
from northstar.models.identity.identified import Identified
from northstar.servers.server import find_server_type


@dataclass(frozen=True)
class Models:
    """What identifies each server's model beyond its name."""

    of: Mapping[ServerPlan, Identified] = field(default_factory=dict)

    @property
    def contents(self) -> dict[str, dict[str, str]]:
        """The hash in an identity → the files it stands for, each with its own hash."""
        parts = (part for each in self.of.values() for part in (each.files, each.named_files) if part)
        return {digest(part): dict(part) for part in parts}

    @property
    def written(self) -> dict[str, str]:
        """A model's other paths → its path as the command wrote it; earlier versions stored either."""
        return {path: each.named for each in self.of if each.named and each.model for path in _paths(each, each.model)}

    @property
    def why_not(self) -> dict[str, str]:
        """The name of each model that is known by its name alone → the reason."""
        return {name_of(plan): each.why_not for plan, each in self.of.items() if each.why_not}


def identify_models(servers: Iterable[ServerPlan]) -> Models:
    """Identify the model of each server; reads a few megabytes of each model on this machine."""
    return Models({server: find_server_type(server.type).identify(server) for server in dict.fromkeys(servers)})


def identify_before_jobs(servers: Iterable[ServerPlan]) -> Models:
    """Identify models for servers that other machines start, without commits: their cache or hub may have another."""
    found = identify_models(servers)
    return Models({server: replace(each, commit=None) for server, each in found.of.items()})


def name_of(server: ServerPlan) -> str:
    """The model's name as the command wrote it."""
    return server.named or server.model or ""


def _paths(server: ServerPlan, model: str) -> set[str]:
    return {model, server.seen(model)}
