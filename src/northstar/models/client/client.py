"""One bounded client for one OpenAI-compatible server: sends a chat request until it is answered or refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, contextmanager
from dataclasses import replace
from types import TracebackType
from typing import Any

import msgspec

from northstar.core.clock import now
from northstar.core.credentials import shown_address
from northstar.models.client.dialect import STREAM, Dialect, dialect_of
from northstar.models.client.gate import LIMITED, Gate, Gates
from northstar.models.client.http import connected
from northstar.models.client.pace import Sent
from northstar.models.client.retry import Cause, TryFailed, until_answered
from northstar.models.client.silence import OF_GATEWAYS, Silences
from northstar.models.client.transport import NotConnected, NotRead, Response, TimedOut, Transport, Unanswered
from northstar.models.client.unusable import points_to, why_not_asked_so, why_not_streamed, why_unusable
from northstar.models.conversation import Answer, Conversation, Patience
from northstar.models.counts import ClientCounts
from northstar.models.endpoint import Endpoint
from northstar.models.failures import GaveUp, OutOfContext, Refused, ServerUnusable
from northstar.models.reply.reply import MALFORMED, ServerError, read_error, read_reply
from northstar.models.reply.response import Completion, redacted
from northstar.models.reply.unsupported import wants_stream
from northstar.models.responses.request import PATH as RESPONSES
from northstar.models.route import OneAddress, Route
from northstar.models.streams.stream import Stream

_RETRIED = frozenset({408, 409})
_NOT_FOUND = 404
_RETRIES_OF_404 = 2
"""Where nothing is answered, and no other request is on its way that may be."""
_NOT_IMPLEMENTED = 501


class ModelClient:
    """Sends chat requests over kept-alive connections; `async with` opens and closes them.

    The number at once is bounded by whoever calls, and by the server's rate limit (`gates`). Statuses 408, 409 and
    5xx, lost connections, timeouts and unreadable answers are retried with backoff; see `ask` for the rest.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        request_timeout: float = 14400,
        max_retries: int = 8,
        new_route: Callable[[], Route] | None = None,
        kept: frozenset[str] = frozenset(),
        tell: Callable[[Dialect], None] = lambda dialect: None,  # noqa: ARG005
        transport: AbstractAsyncContextManager[Transport] | None = None,
    ) -> None:
        """new_route: of each conversation, where there is more than one way to go.

        kept: fields of a request that the user has asked for. tell: called with each dialect that is learnt.
        transport: what carries the requests; HTTP, if none is given.
        """
        self.endpoint = endpoint
        self.counts = ClientCounts()
        self.template_path: str | None = None
        """Below which the server applies the template; empty where it can't, None while that isn't known."""
        self.gates = Gates()
        self.dialect = dialect_of(endpoint, kept)
        self._tell = tell
        self._silences = Silences()
        self._max_retries = max_retries
        self._seconds = request_timeout
        self._new_route = new_route or (lambda: OneAddress(endpoint.address))
        self._to_open = transport or connected(endpoint)
        self._transport: Transport | None = None
        self._open = AsyncExitStack()

    async def __aenter__(self) -> ModelClient:
        self._transport = await self._open.enter_async_context(self._to_open)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._open.aclose()

    @contextmanager
    def conversation(self) -> Iterator[Conversation]:
        """For requests that belong together: those of one sample."""
        route = self._new_route()
        try:
            yield Conversation(self, route)
        finally:
            route.close()

    async def ask(self, body: Mapping[str, Any], route: Route | None = None) -> Answer:
        """POST one request, for a chat or (with a prompt in place of messages) for a text, and read its answer.

        When the server is lost meanwhile, the request is sent again once it is back, as often as that takes. Raises
        OutOfContext or Refused when the server will never answer it, GaveUp when every try failed in passing,
        ServerUnusable when no request can succeed (401, 402, a rate limit that lets nothing through for an hour, …).
        """
        path = path_of(body)

        async def once(address: str, tries: int) -> Answer:
            worded, gate = self.dialect.worded(body), self.gates.at(address)
            streamed, encoded = worded.get(STREAM) is True, msgspec.json.encode(worded)
            started, sent, response = await self._send(gate, address + path, encoded, self._seconds, streamed=streamed)
            reply = read_reply(response.status, response.content, self.endpoint.api_key)
            if isinstance(reply, Completion):
                gate.heard(sent, response.status, response.headers)
                return self._answer(gate, reply, started, response.stream)
            if reply.status in OF_GATEWAYS and not streamed:
                self._note_cut(now() - started)
            error = replace(reply, message=self._message(reply, response))
            gate.heard(sent, error.status, response.headers)
            self._check_limited(gate, address, error, error.message)
            if self._learns(error, worded):
                raise TryFailed(error.message, Cause.WORDING)
            if self._may_pass(error, tries):
                raise TryFailed(error.message, retry_after=response.headers.get("Retry-After"))
            raise self._final(error, worded)

        route = route or OneAddress(self.endpoint.address)
        return await until_answered(once, route, self._max_retries, self.counts, tokens=_tokens)

    async def post(
        self, route: Route, path: str, body: Mapping[str, Any], patience: Patience | None = None
    ) -> tuple[int, bytes]:
        """POST below the server's root, again while that fails in passing: status and body.

        An error in a 200 has the status that it stands for. Raises as `ask` does, but Refused. patience: where it is
        less than with a question.
        """
        encoded = msgspec.json.encode(body)
        seconds = self._seconds if patience is None else patience.seconds
        retries = self._max_retries if patience is None else min(patience.retries, self._max_retries)

        async def once(address: str, tries: int) -> tuple[int, bytes]:
            del tries
            gate = self.gates.at(address)
            _, sent, response = await self._send(gate, address.removesuffix("/v1") + path, encoded, seconds)
            error = read_error(response.status, response.content, self.endpoint.api_key)
            status = response.status if error is None else error.status
            gate.heard(sent, status, response.headers)
            if error is None:
                return status, response.content
            failure = self.endpoint.redacted(error.message)
            self._check_limited(gate, address, error, failure)
            if status not in _RETRIED and (status < 500 or status == _NOT_IMPLEMENTED):
                return status, response.content
            raise TryFailed(failure, retry_after=response.headers.get("Retry-After"))

        return await until_answered(once, route, retries, self.counts, f"{path}: ")

    async def get(self, path: str, seconds: float = 10) -> Response:
        """GET `path` below the address, once. Raises Unanswered."""
        assert self._transport is not None, "use `async with`"
        return await self._transport.send("GET", self.endpoint.address.rstrip("/") + path, None, seconds)

    async def _send(
        self, gate: Gate, url: str, body: bytes, seconds: float, *, streamed: bool = False
    ) -> tuple[float, Sent, Response]:
        """Send when the server's limits allow it: when that was (Unix seconds), and the response. Raises TryFailed."""
        assert self._transport is not None, "use `async with`"
        sent = await gate.enter()
        started = now()
        try:
            stream = Stream() if streamed else None
            return started, sent, await self._transport.send("POST", url, body, seconds, stream)
        except Unanswered as error:
            if not streamed and not isinstance(error, (NotConnected, NotRead, TimedOut)):
                self._note_cut(now() - started)
            raise TryFailed(self.endpoint.redacted(str(error))) from error
        finally:
            gate.leave()

    def _message(self, error: ServerError, response: Response) -> str:
        """What an error says, where a redirect points to, and whether a proxy may have said it."""
        status = response.status
        to = points_to(response.headers.get("Location")) if 300 <= status < 400 else ""
        way = "" if response.proxy is None else response.proxy.may_have_said(status)
        return self.endpoint.redacted(error.message + to) + way  # a key may be in the address, too

    def _note_cut(self, seconds: float) -> None:
        """Take in that a request was lost after such a silence; learn from two that a gateway cuts them."""
        if self._silences.cut(seconds, now()) and not self.dialect.streamed:
            self._speak(replace(self.dialect, streamed=f"a gateway cut two that were silent for {seconds:.0f} s"))

    def _speak(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self._tell(dialect)

    def _answer(self, gate: Gate, completion: Completion, started: float, stream: Stream | None) -> Answer:
        self.counts.answered += 1
        gate.pace.count_tokens((completion.prompt_tokens or 0) + (completion.completion_tokens or 0))
        ended, pace = now(), None
        if stream is None:
            self._silences.answered(ended - started)
        else:
            pace = stream.pace(completion.completion_tokens)
        return Answer(redacted(completion, self.endpoint.api_key), started, ended, pace)

    def _check_limited(self, gate: Gate, address: str, error: ServerError, failure: str) -> None:
        """Raise TryFailed for a rate limit, or why waiting for it won't help."""
        if error.status != LIMITED:
            return
        if error.of_size:
            self.counts.last_failure = failure
            raise GaveUp(failure)
        if reason := gate.hopeless():
            raise self._unusable(
                f"the server at {shown_address(address)} {reason} ({failure}). What is done is kept; run the same "
                "command again later."
            )
        raise TryFailed(failure, Cause.LIMIT)

    def _learns(self, error: ServerError, worded: Mapping[str, Any]) -> bool:
        """Whether the request can be worded as the server wants it; others' refusals may have taught that already."""
        learnt = None if error.of_context or error.status not in MALFORMED else self.dialect.learnt(error, worded)
        if learnt is not None and learnt != self.dialect:
            self._speak(learnt)
        return learnt is not None

    def _may_pass(self, error: ServerError, tries: int) -> bool:
        """Whether to ask once more. A 404 may be one of a router's backends: it is final where that is all there is."""
        if error.status == _NOT_FOUND:
            hopeful = self.counts.answered > 0 or self.gates.in_flight > 0
            return hopeful or tries < min(_RETRIES_OF_404, self._max_retries)
        return error.status in _RETRIED or (error.status >= 500 and not error.of_context)

    def _final(self, error: ServerError, worded: Mapping[str, Any]) -> ServerUnusable | Refused:
        """What a refusal means: for this request, or for all of them."""
        if error.of_context:
            return OutOfContext(error.message)
        if error.status in MALFORMED:
            if kept := self.dialect.kept & self.dialect.refused(error, worded):
                return self._unusable(why_not_asked_so(self.endpoint, kept, error.message))
            if worded.get(STREAM) is False and wants_stream(error.words):
                return self._unusable(why_not_streamed(self.endpoint, error.message))
        if error.status == 403 and self.counts.answered:  # of one request: content filters do so
            return Refused(error.message)
        if error.status in (401, 402, 403, _NOT_FOUND) or 300 <= error.status < 400:
            of_responses = path_of(worded) == RESPONSES
            return self._unusable(why_unusable(self.endpoint, error.status, error.message, of_responses=of_responses))
        return Refused(error.message)

    def _unusable(self, why: str) -> ServerUnusable:
        return self.gates.close(ServerUnusable(why))


def path_of(body: Mapping[str, Any]) -> str:
    """Return where a request goes, by what it consists of."""
    if "input" in body:
        return RESPONSES
    return "/chat/completions" if "messages" in body else "/completions"


def _tokens(answer: Answer) -> int:
    return answer.completion.completion_tokens or 0
