"""A server at an address that may come and go: asked until it answers, watched, asked again once it is gone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from northstar.core.clock import monotonic, utc_text
from northstar.core.credentials import shown_address
from northstar.core.errors import NorthstarError
from northstar.models.client.client import ModelClient
from northstar.models.client.transport import NotConnected, Response, Unanswered
from northstar.models.identity.served import is_telling, model_details, read_models
from northstar.servers.fleet.fleet import Member
from northstar.servers.fleet.served_models import NobodyAnswers
from northstar.servers.server import Change, RunningServer, ServerState

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
"""Seconds between two tries to reach a server that doesn't answer, or has another model."""
PROBE_SECONDS = 5.0
PROBE_TIMEOUT = 10.0
HURRIED_SECONDS = 0.5
"""From a probe to the next while something seems wrong."""
REFUSED_IN_A_ROW = 3
"""Connections after whose refusal nobody is there."""
HUNG_SECONDS = 300.0
"""Without a sign of life, where connections are still taken: one with thousands of requests is slow."""

Reach = Callable[[], Awaitable[RunningServer]]
"""Asks once which models the server has. Raises NorthstarError."""


class Remote(Member):
    """One of a fleet of servers that Northstar does not start."""

    def __init__(
        self, address: str, reach: Reach, like: RunningServer, state: ServerState, changed: Callable[[], None]
    ) -> None:
        """like: one of the fleet, whose model this one must have. changed: called when it comes up or goes down."""
        super().__init__()
        self._address = address
        self._reach = reach
        self._like = like
        self._state = state
        self._changed = changed
        self._hurry = asyncio.Event()
        self._gone = ""
        self._refused = 0
        self.waits_for_it = ""
        """Why it is not up, in a sentence; '' before that is known."""

    @property
    def address(self) -> str:
        return self._address

    @property
    def shown(self) -> str:
        return shown_address(self._address)

    async def live(self) -> None:
        """Have it in the fleet whenever it answers, until cancelled."""
        while True:
            server = await self._reached()
            async with ModelClient(server.endpoint) as self._client:
                self.life += 1
                self._gone, self._refused, self.waits_for_it = "", 0, ""
                self.up = True
                self._changed()
                self.note("has joined")
                self.waits_for_it = await self._watch()
                self.up = False
                self._changed()
                self.load.cut()
            self.note(f"has left ({self.waits_for_it}); what it had is asked elsewhere")

    def retire(self) -> None:
        """It is no longer wanted: it gets no further requests, and may answer those that it has."""
        if self.up:
            self.note("has left (its address is no longer in the file); it may answer what it has")
        self.up = False
        self._changed()

    def note(self, what: str) -> None:
        """Tell the user, and keep it for run.json."""
        self._state.changes.append(Change(utc_text(), self.shown, what))
        self._state.tell(f"server {self.shown} {what}.")

    async def _reached(self) -> RunningServer:
        """Return the server once it answers and has the fleet's model."""
        pause = FIRST_PAUSE
        while True:
            try:
                server = await self._reach()
                why = differences(self._like, server)
                silent = False
            except NorthstarError as error:
                why, silent = str(error).rstrip("."), isinstance(error, NobodyAnswers) and self.life > 0
            if not why:
                return server
            if why != self.waits_for_it:
                self.waits_for_it = why
                if not silent:  # that it has left is told
                    self.note(f"is left out ({why}); it is asked again")
            await asyncio.sleep(pause)
            pause = min(1.5 * pause, LONGEST_PAUSE)

    async def _watch(self) -> str:
        """Return why it is gone, once it is."""
        failing_since: float | None = None
        while not self._gone:
            self._hurry.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(PROBE_SECONDS if failing_since is None else HURRIED_SECONDS):
                    await self._hurry.wait()
            now = monotonic()
            if await self.is_well(now) or self.load.last_answer > (failing_since or now):
                failing_since = None
            else:
                failing_since = failing_since or now
                if now - failing_since > HUNG_SECONDS:
                    return f"no sign of life for {HUNG_SECONDS:g} s"
        return self._gone

    def seems_lost(self) -> None:
        self._hurry.set()

    async def probe(self) -> bool:
        """Whether it answers as it should; sets why it is gone where that is certain."""
        try:
            response = await self._client.get("/models", PROBE_TIMEOUT)
        except Unanswered as error:
            self._refused = self._refused + 1 if isinstance(error, NotConnected) else 0
            if self._refused >= REFUSED_IN_A_ROW:
                self._gone = str(error)
            return False
        self._refused = 0
        if response.status == 200:
            self._gone = self._another(response)
        return not self._gone and response.status < 500

    def _another(self, response: Response) -> str:
        """Say what is different, where another model has taken its place."""
        endpoint = self._client.endpoint
        models = read_models(response.content)
        mine = [model for model in models if model.name == (endpoint.listed_as or endpoint.model)]
        if not mine:
            return f"it has no model '{endpoint.model}' any more" if models and self._like.facts.get("said") else ""
        said = model_details(mine, endpoint.api_key)
        return _differing(self._like.facts.get("said", {}), said)


def differences(like: RunningServer, server: RunningServer) -> str:
    """Say in what a server's model differs from that of the fleet; '' where it doesn't.

    Facts that only one of them tells are no difference; having no list of models, where the fleet's server has one, is.
    """
    if like.facts.get("served_models") and not server.facts.get("served_models"):
        return "it does not say which models it has, as the others do; such addresses mostly end in /v1"
    if server.endpoint.listed_as != like.endpoint.listed_as:
        return (
            f"it calls the model '{server.endpoint.listed_as or server.endpoint.model}', the others call it "
            f"'{like.endpoint.listed_as or like.endpoint.model}'"
        )
    if (server.endpoint.context_length or 0) != (like.endpoint.context_length or 0):
        return (
            f"its context is {server.endpoint.context_length or 'of unknown length'}, that of the others "
            f"{like.endpoint.context_length or 'of unknown length'}"
        )
    return _differing(like.facts.get("said", {}), server.facts.get("said", {}))


def _differing(known: dict[str, object], said: dict[str, object]) -> str:
    for name in sorted(known.keys() & said.keys()):
        if is_telling(name) and known[name] != said[name]:
            return f"it serves another model: its {name} is {said[name]!r}, that of the others {known[name]!r}"
    return ""
