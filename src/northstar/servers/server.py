"""The shape of a server type: something that, for the length of a `with`, answers requests at an address."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple, Protocol, runtime_checkable

from northstar.config.plan import ServerPlan
from northstar.config.plugins import Group, load_plugin, plugin_names
from northstar.core.errors import UsageError, did_you_mean
from northstar.models.endpoint import Endpoint
from northstar.models.identity.identified import Identified
from northstar.models.route import Route
from northstar.models.sampling_words import SamplingWords
from northstar.servers.hosting.program import check_interpreter
from northstar.servers.metrics.load import ServerLoad


class Restart(NamedTuple):
    """A server that was started again. time: UTC, ISO 8601; why: what had become of it; cause: likely, if known; log:
    of the life that ended.
    """

    time: str
    server: str
    why: str
    cause: str
    log: str


class Change(NamedTuple):
    """A server at an address that has joined, left or was refused. time: UTC, ISO 8601; what: in a few words."""

    time: str
    server: str
    what: str


@dataclass(slots=True)
class ServerState:
    """How the servers of a run are, kept up to date by them, for whoever shows it.

    log: the last lines of the log of one that is starting. notice: what is out of order now. load: by their metrics.
    changes: of servers that run already and share the work. tell: gets sentences for the user.
    """

    log: list[str] = field(default_factory=list)
    notice: str = ""
    load: ServerLoad | None = None
    restarts: list[Restart] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    tell: Callable[[str], None] = lambda sentence: None  # noqa: ARG005


@dataclass(frozen=True, kw_only=True)
class RunningServer:
    """A server that is ready.

    slots: how many requests it works on at once, if it says so. routes: of servers that may be started again: given the
    number of conversations at once, makes the route of each. facts: for run.json; their `said` is what it says of the
    model that tells it from another. notices: for the user, to see once. measured: the addresses that may have metrics,
    or what returns those that do at the time.
    """

    endpoint: Endpoint
    slots: int | None = None
    routes: Callable[[int], Callable[[], Route]] | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    notices: Sequence[str] = ()
    measured: Sequence[str] | Callable[[], Sequence[str]] = ()


@runtime_checkable
class ServerType(Protocol):
    """What a module of this folder defines as SERVER, and what an entry point `northstar.servers` names.

    hosted: whether Northstar starts it, on the hardware of this job; a hosted judge then waits until the model is done.
    """

    hosted: bool

    def check(self, plan: ServerPlan) -> ServerPlan:
        """The plan with defaults filled in. Raises UsageError for options that don't fit; starts nothing."""

    def identity(self, plan: ServerPlan) -> dict[str, Any]:
        """What of a checked plan may change answers, beside the model's name; plain JSON."""

    def identify(self, plan: ServerPlan) -> Identified:
        """What tells the checked plan's model from another of the same name, before it answers. Reads files."""

    def fetched(self, plan: ServerPlan, say: Callable[[str], None], *, starts: bool) -> ServerPlan:
        """The checked plan with a model of the hub at a commit, and here, where fetching it isn't the server's work.

        say: told what is fetched, and how large it is. starts: whether this process will start the server.
        """

    def to_fetch(self, plan: ServerPlan) -> str:
        """What `fetched` would fetch of a checked plan, and how large it is; '' for nothing. Asks the hub."""

    def words(self, plan: ServerPlan) -> SamplingWords | None:
        """In which a checked plan's server takes sampling values; None where only the server tells its kind."""

    def notices(self, plan: ServerPlan) -> list[str]:
        """What the user should know beforehand of where a checked plan's server is, and may not have in mind."""

    def lacks(self, plan: ServerPlan, environment: Mapping[str, str]) -> list[str]:
        """What a checked plan can't be run without, in sentences: keys in that environment, files that it names."""

    async def lacks_here(self, plan: ServerPlan) -> list[str]:
        """The same of this machine, if it is to start the server: programs, packages, GPUs. Starts no server."""

    def ranks_a_node(self, plan: ServerPlan) -> int:
        """How many processes a checked plan's server needs on each of its nodes."""

    def run(self, plan: ServerPlan, log_folder: Path, state: ServerState) -> Any:
        """An async context manager that yields a RunningServer. Raises NorthstarError when it can't be had."""


_NOT_TYPES = ("server", "unless_told")


def server_types() -> list[str]:
    """The names that --server_type knows: Northstar's own, and those of installed packages."""
    return sorted({*own_server_types(), *plugin_names(Group.SERVERS)})


def own_server_types() -> list[str]:
    """The modules of this folder that are server types."""
    package = importlib.import_module("northstar.servers")
    modules = [module.name for module in pkgutil.iter_modules(package.__path__) if not module.ispkg]
    return sorted(name for name in modules if name not in _NOT_TYPES)


def find_server_type(name: str) -> ServerType:
    """The server type of that name; UsageError names the nearest."""
    if name not in server_types():
        raise UsageError(
            f"unknown server type '{name}'.{did_you_mean(name, server_types())} "
            f"--server_type knows {', '.join(server_types())}."
        )
    installed: ServerType | None = load_plugin(Group.SERVERS, name, ServerType, own_server_types())
    if installed is not None:
        return installed
    server: ServerType = importlib.import_module(f"northstar.servers.{name}").SERVER
    return server


def check_server(plan: ServerPlan, *, started_here: bool) -> ServerPlan:
    """The plan as its type has checked it. started_here: this machine has its interpreter. Raises UsageError."""
    checked = find_server_type(plan.type).check(plan)
    if is_hosted(checked) and started_here:
        check_interpreter(checked)
    return checked


def is_hosted(plan: ServerPlan) -> bool:
    """Whether this plan's server is started here, and not reached at an address."""
    return find_server_type(plan.type).hosted and not plan.runs_already


@asynccontextmanager
async def running(plan: ServerPlan, log_folder: Path, state: ServerState | None = None) -> AsyncIterator[RunningServer]:
    """The plan's server, ready to answer; stopped at the end. state: kept up to date for a display."""
    kind = find_server_type(plan.type)
    async with kind.run(plan, log_folder, state or ServerState()) as server:
        yield replace(server, notices=[*kind.notices(plan), *server.notices])
