"""Any OpenAI-compatible server that runs already, at --server_address; the key comes from the environment."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from northstar.config.plan import ServerPlan
from northstar.core.credentials import key_in_path, shown_address
from northstar.core.errors import NorthstarError, UsageError
from northstar.models.endpoint import Endpoint
from northstar.models.identity.content import content_of
from northstar.models.identity.identified import Identified
from northstar.models.identity.served import listed_name, model_details, tells_the_model
from northstar.models.sampling_words import OF_PROVIDER, SamplingWords, words_of_owner
from northstar.servers.arguments.model_files import path_of_model
from northstar.servers.fleet.joined import fleet_at
from northstar.servers.fleet.served_models import check_served, served_models
from northstar.servers.server import RunningServer, ServerState, find_server_type, own_server_types

KEY_VARIABLE = "OPENAI_API_KEY"
ROLE_KEY_VARIABLES = {"model": "MODEL_API_KEY", "judge": "JUDGE_API_KEY"}
"""The model's key and the judge's, where they are not the same."""
DEFAULT_ADDRESS = "https://api.openai.com/v1"
ADDRESS_VARIABLE = "OPENAI_BASE_URL"
"""As OpenAI's own clients read it."""


@dataclass(frozen=True, kw_only=True)
class OpenAIServer:
    """Checks that somebody answers and has the model; starts nothing.

    address_variable: of the environment, which may name the address where --server_address does not; the judge's only
    where it has no default, since the key of the judge is for no address that was meant for the model. address_ending:
    what an address is completed by. needs_key: at any address, not only the default one. key_header, left_out: as of an
    Endpoint. lists_models: whether /models lists what can be asked. model_prefix: what it puts before their names.
    """

    default_address: str = ""
    address_variable: str = ""
    address_ending: str = ""
    key_variable: str = KEY_VARIABLE
    needs_key: bool = False
    key_header: str = "Authorization"
    left_out: frozenset[str] = frozenset()
    lists_models: bool = True
    model_prefix: str = ""
    hosted: bool = False

    def check(self, plan: ServerPlan) -> ServerPlan:
        option, address = self._source_of_address(plan), plan.address
        if plan.addresses_file is None:
            address = plan.address or self._address_from_environment(plan) or self.default_address
            if not address.rstrip("/"):
                raise UsageError(f"{option} is missing (or {self.address_variable} in the environment).")
        if address is not None:
            address = self.checked_address(address, option)
        more = [self.checked_address(each, option) for each in plan.more_addresses]
        if plan.asks_a_fleet and any(key_in_path(each) for each in (address or "", *more)):
            raise UsageError(
                f"{option}: of several addresses none may hold what looks like a key; run.json shows them."
            )
        if not plan.model:
            where = shown_address(address or str(plan.addresses_file))
            raise UsageError(f"{plan.option('model')} is missing: which of the models at {where} is to be asked?")
        for name, value in _OF_HOSTED.items():
            if getattr(plan, name) not in (value, ServerPlan.model_fields[name].default):
                raise UsageError(
                    f"{plan.option(f'server_{name}')} is for servers that Northstar starts; it starts none here."
                )
        distinct = tuple(each for each in dict.fromkeys(more) if each != address)
        return plan.model_copy(update={"address": address, "more_addresses": distinct})

    def checked_address(self, address: str, option: str) -> str:
        """Return the whole address. option: where it stands. Raises UsageError."""
        address = address.rstrip("/")
        parts = _parts(address, option)
        if parts.username or parts.password or parts.query or parts.fragment:
            raise UsageError(
                f"{option} must hold no key or password, and nothing after a question mark; put a key into "
                f"{self.key_variable}."
            )
        return address if address.endswith(self.address_ending) else address + self.address_ending

    def _is_provider(self, plan: ServerPlan) -> bool:
        """Whether a provider answers, whose answers name the model and its version."""
        return self.needs_key or plan.address == self.default_address

    def _address_from_environment(self, plan: ServerPlan) -> str:
        if plan.role == "judge" and self.default_address:
            return ""
        return os.environ.get(self.address_variable, "").strip().rstrip("/")

    def _source_of_address(self, plan: ServerPlan) -> str:
        """What names the plan's address: the option, or the variable of the environment."""
        if plan.addresses_file is not None and plan.address is None:
            return plan.option("server_addresses")
        there = self._address_from_environment(plan)
        by_variable = there and plan.address in (None, there, there + self.address_ending)
        return self.address_variable if by_variable else plan.option("server_address")

    def notices(self, plan: ServerPlan) -> list[str]:
        variable = self.address_variable
        if self._source_of_address(plan) == variable:
            return [f"{plan.model} is asked at {shown_address(plan.address or '')} ({variable})."]
        if plan.role == "judge" and plan.address == self.default_address and os.environ.get(variable, "").strip():
            option = plan.option("server_address")
            return [f"{plan.model} is asked at {plan.address}: {variable} is the model's; {option} says another."]
        return []

    def identity(self, plan: ServerPlan) -> dict[str, Any]:  # noqa: ARG002
        return {}  # the same model may answer at another address tomorrow

    def words(self, plan: ServerPlan) -> SamplingWords | None:
        return OF_PROVIDER if self._is_provider(plan) else None

    def identify(self, plan: ServerPlan) -> Identified:
        """By the folder that is its name, if it is one here; what the server says of it is known once it is asked."""
        path = _own_path(plan)
        try:
            return Identified() if path is None else Identified(files=content_of(path))
        except OSError as error:
            return Identified(why_not=f"{error.filename or path}: {error.strerror or error}")

    def fetched(self, plan: ServerPlan, say: Callable[[str], None], *, starts: bool) -> ServerPlan:  # noqa: ARG002
        return plan

    def to_fetch(self, plan: ServerPlan) -> str:  # noqa: ARG002
        return ""

    def lacks(self, plan: ServerPlan, environment: Mapping[str, str]) -> list[str]:
        """A key that is missing, or that can't be one; at an address of the user's own none may be needed."""
        variable = key_variable(plan, self.key_variable, environment)
        file = plan.addresses_file
        if file is not None and not file.is_file():
            return [f"{plan.option('server_addresses')}={file}: there is no such file; it may be empty for a start."]
        try:
            key = _key(variable, environment)
        except NorthstarError as error:
            return [str(error)]
        if key is not None or not self._is_provider(plan):
            return []
        where = shown_address(plan.address or str(plan.addresses_file))
        without = " --judge_model=none judges nothing; ns judge does it later." if plan.role == "judge" else ""
        names = " nor ".join(dict.fromkeys((ROLE_KEY_VARIABLES[plan.role], self.key_variable)))
        return [f"neither {names} is set; {where} requires an API key.{without}"]

    async def lacks_here(self, plan: ServerPlan) -> list[str]:  # noqa: ARG002
        return []

    def ranks_a_node(self, plan: ServerPlan) -> int:  # noqa: ARG002
        return 1

    @asynccontextmanager
    async def run(
        self,
        plan: ServerPlan,
        log_folder: Path,  # noqa: ARG002
        state: ServerState,
    ) -> AsyncIterator[RunningServer]:
        if lacking := self.lacks(plan, os.environ):
            raise NorthstarError(lacking[0])
        if plan.asks_a_fleet:
            async with fleet_at(plan, partial(self._reached, plan), self.checked_address, state) as server:
                yield server
        else:
            assert plan.address is not None
            yield await self._reached(plan, plan.address, self._source_of_address(plan), state)

    async def _reached(self, plan: ServerPlan, address: str, named_by: str, state: ServerState) -> RunningServer:
        """The server at one address, once it has said which models it has. Raises NorthstarError."""
        assert plan.model is not None
        variable = key_variable(plan, self.key_variable)
        key = _key(variable)
        endpoint = Endpoint(
            address=address,
            model=plan.model,
            api_key=key,
            key_variable=variable,
            key_variables=(ROLE_KEY_VARIABLES[plan.role], self.key_variable),
            key_header=self.key_header,
            left_out=self.left_out,
        )
        models = await served_models(endpoint, named_by, self.model_prefix, state)
        names = [model.name for model in models]
        listed = listed_name(plan.model, names)
        if listed is None and self.lists_models and address != DEFAULT_ADDRESS:  # whose list leaves out aliases
            check_served(plan.model, names, f"{endpoint.shown} ({named_by})")
        mine = [model for model in models if model.name == listed]
        length = next((model.context_length for model in mine), None)
        facts: dict[str, Any] = {
            "address": endpoint.shown,
            "served_models": names[:20],
            "context_length": length,
            "said": model_details(mine, key),
        }
        if not tells_the_model(facts["said"]) and not self._is_provider(plan) and _own_path(plan) is None:
            facts["known_by_name_only"] = {plan.model: "its server says nothing else of it"}
        told = next(filter(None, (words_of_owner(model.details) for model in mine)), None)
        words, listed_as = self.words(plan) or told, listed if listed != plan.model else None
        endpoint = replace(endpoint, context_length=length, listed_as=listed_as, words=words)
        return RunningServer(endpoint=endpoint, facts=facts, measured=() if self._is_provider(plan) else (address,))


_OF_HOSTED = {"args": "", "gpus": 0, "nodes": 1, "replicas": 1, "python": None, "entrypoint": None}
"""Options of servers that are started, with a value that asks for nothing."""


def _own_path(plan: ServerPlan) -> Path | None:
    """The model's files, where its name is their path; a relative one may be called so by chance."""
    path = path_of_model(plan)
    return path if path is not None and path.is_absolute() else None


def key_variable(plan: ServerPlan, usual: str = KEY_VARIABLE, environment: Mapping[str, str] = os.environ) -> str:
    """The environment variable that holds the server's key: that of its role, if it is set."""
    of_its_role = ROLE_KEY_VARIABLES[plan.role]
    return of_its_role if environment.get(of_its_role) else usual


def key_variables() -> set[str]:
    """Every environment variable that may hold the key of a server which runs already."""
    types = [find_server_type(name) for name in own_server_types()]
    return {*ROLE_KEY_VARIABLES.values(), *(each.key_variable for each in types if isinstance(each, OpenAIServer))}


def _parts(address: str, option: str) -> SplitResult:
    """The address taken apart; the error quotes nothing before an @, which may be a password."""
    try:
        parts = urlsplit(address)
        if parts.scheme in ("http", "https") and parts.hostname and (parts.port or 0) >= 0:
            return parts
    except ValueError:
        pass
    raise UsageError(f"{option}='{address.rpartition('@')[2]}' must look like http://host:8000/v1.") from None


def _key(variable: str, environment: Mapping[str, str] = os.environ) -> str | None:
    key = environment.get(variable, "").strip()
    if key and not (key.isascii() and key.isprintable()):
        raise NorthstarError(f"{variable} holds characters that no key has; set it again, without line breaks.")
    return key or None


SERVER = OpenAIServer(default_address=DEFAULT_ADDRESS, address_variable=ADDRESS_VARIABLE)
