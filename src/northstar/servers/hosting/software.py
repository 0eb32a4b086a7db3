"""What a module says of a server type that Northstar starts."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from northstar.config.mounts import missing_mount
from northstar.config.plan import ServerPlan
from northstar.core.errors import UsageError
from northstar.models.sampling_words import SamplingWords
from northstar.servers.arguments.model_files import path_of_model
from northstar.servers.hosting.server_log import KnownFailure


@dataclass(frozen=True, kw_only=True)
class Seat:
    """Where one replica is put.

    Attributes:
        port: Where it listens.
        meeting_port: Where the processes of several nodes find each other, on the first one.
        gpus: Of one node; None where nothing was said of them.
        program: What starts it.
    """

    port: int
    meeting_port: int = 0
    gpus: int | None = None
    program: Sequence[str] = ()


class ServerSoftware(Protocol):
    """One type of server that Northstar starts. A module subclasses this; what has a default here may be left out.

    Attributes:
        title: As people write it.
        package: What the interpreter must be able to import.
        on_hub: Whether a model that is no path is one of the Hugging Face Hub.
        several_nodes: Whether one server may run over several nodes.
        resources: Arguments that cannot change an answer.
        known_failures: What in its log tells why it failed.
        words: In which it takes sampling values; None if only the server that is started tells its kind.
        wants_keys: Whether it gets the keys of other servers, which it may ask in turn.
        health: The path that answers 200 while it is well.
        hung_after: Seconds without that answer until it is started again.
        grace: Seconds between asking it to end and killing it.
    """

    title: str
    package: str = ""
    on_hub: bool = False
    several_nodes: bool = False
    resources: Collection[str] = ()
    known_failures: Sequence[KnownFailure] = ()
    words: SamplingWords | None = None
    wants_keys: bool = False
    health: str = "/health"
    hung_after: float = 60.0
    grace: float = 10.0

    @abstractmethod
    def program(self, python: str) -> Sequence[str]:
        """Return what starts it with that interpreter, unless --server_entrypoint says."""

    @abstractmethod
    def command(self, plan: ServerPlan, seat: Seat) -> Sequence[str]:
        """Return the command line of a replica."""

    def command_on(self, plan: ServerPlan, seat: Seat, node: int, head: str) -> Sequence[str]:
        """Return the command line on the node (or rank) of that number, of several; `head`: the first one's address."""
        del node, head
        return self.command(plan, seat)

    def ranks_a_node(self, plan: ServerPlan) -> int:
        """Return how many processes a server over several nodes needs on each."""
        del plan
        return 1

    def environment(self, plan: ServerPlan) -> Mapping[str, str]:
        """Return what is set unless the user sets it; an empty value removes the user's."""
        del plan
        return {}

    def check(self, plan: ServerPlan) -> ServerPlan:
        """Return the plan with defaults filled in. Raises UsageError for what this type cannot do."""
        return plan

    def identity(self, plan: ServerPlan) -> dict[str, Any] | None:
        """Return what may change answers, beside the model's name; None for all arguments but `resources`."""
        del plan
        return None

    def model_at(self, plan: ServerPlan) -> Path | None:
        """Return where this process finds the model's files."""
        return path_of_model(plan)

    def fetched(self, plan: ServerPlan, say: Callable[[str], None], *, starts: bool) -> ServerPlan:
        """Return the plan with a model of the hub at a commit; see ServerType."""
        del say, starts
        return plan

    def to_fetch(self, plan: ServerPlan) -> str:
        """Return what `fetched` would fetch; see ServerType."""
        del plan
        return ""

    def slots(self, plan: ServerPlan) -> int | None:
        """Return how many requests a replica works on at once, if that is known."""
        del plan
        return None

    def context_length(self, plan: ServerPlan) -> int | None:
        """Return the context in tokens, if that is known before the server tells."""
        del plan
        return None

    def has_chat_template(self, plan: ServerPlan) -> bool | None:
        """Return whether the model has one; None if only the server knows."""
        del plan
        return None


def check_model(plan: ServerPlan, title: str) -> ServerPlan:
    """The plan with its model's path in one form. UsageError for a missing model, or a path where there is nothing."""
    if not plan.model:
        raise UsageError(f"{plan.option('model')} is missing: {title} needs a model's folder, or its name on the hub.")
    if not plan.model.startswith(("/", "./", "../", "~")):
        return plan
    path = Path(plan.model).expanduser().absolute()
    if not path.exists():
        raise UsageError(f"{plan.option('model')}={plan.model}: there is no such folder.{missing_mount(str(path))}")
    if path.is_dir() and not any((path / name).exists() for name in ("config.json", "params.json")):
        raise UsageError(f"{plan.option('model')}={plan.model} is no model's folder: it has no config.json.")
    return plan.model_copy(update={"model": str(path)})
