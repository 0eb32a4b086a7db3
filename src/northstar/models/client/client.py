"""One bounded client for one OpenAI-compatible server: sends a chat request until it is answered or refused."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from dataclasses import replace
from types import TracebackType
from typing import Any

import aiohttp
import msgspec

from northstar.core.clock import now
from northstar.core.text import counted
from northstar.models.client import links
from northstar.models.client.backoff import pause_before_retry
from northstar.models.client.body import Bodies
from northstar.models.client.connection import CONNECT_SECONDS, describe
from northstar.models.client.dialect import Dialect, dialect_of
from northstar.models.client.gate import LIMITED, Gate, RefusedAlone
from northstar.models.client.pace import Sent
from northstar.models.client.proxy import Proxy, find_proxy
from northstar.models.client.unusable import points_to, why_not_asked_so, why_not_streamed, why_unusable
from northstar.models.conversation import Answer, Conversation, Patience
from northstar.models.counts import ClientCounts
from northstar.models.endpoint import Endpoint
from northstar.models.failures import GaveUp, OutOfContext, Refused, ServerUnusable
from northstar.models.reply.reply import MALFORMED, ServerError, read_error, read_reply
from northstar.models.reply.response import Completion, redacted
from northstar.models.reply.unsupported import wants_stream
from northstar.models.route import OneAddress, Route
from northstar.models.secrets import without_key
from northstar.version import __version__

_RETRIED = frozenset({408, 409})
_NOT_FOUND = 404
_RETRIES_OF_404 = 2
"""Where nothing is answered, and no other request is on its way that may be."""
_NOT_IMPLEMENTED = 501
_USER_AGENT = f"northstar/{__version__}"


class ModelClient:
    """Sends chat requests over kept-alive connections; `async with` opens and closes them.

    The number at once is bounded by whoever calls, and by the server's rate limit (`gate`). Statuses 408, 409 and
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
    ) -> None:
        """new_route: of each conversation, where there is more than one way to go.

        kept: fields of a request that the user has asked for. tell: called with each dialect that is learnt.
        """
        self.endpoint = endpoint
        self.counts = ClientCounts()
        self.template_path: str | None = None
        """Below which the server applies the template; empty where it can't, None while that isn't known."""
        self.gate = Gate()
        self.dialect = dialect_of(endpoint, kept)
        self._tell = tell
        self._max_retries = max_retries
        self._timeout = _timeout(request_timeout)
        self._new_route = new_route or (lambda: OneAddress(endpoint.address))
        self._session: aiohttp.ClientSession | None = None
        self._options: dict[str, Any] = {}
        """Those of each request: the session's headers would be shown to a proxy."""
        self._open = AsyncExitStack()
        self._bodies = Bodies()
        self.proxy: Proxy | None = None
        """On the way to the server; known once the client is open."""

    async def __aenter__(self) -> ModelClient:
        self.proxy = find_proxy(self.endpoint.address)
        headers = {"Content-Type": "application/json", "User-Agent": _USER_AGENT, **self.endpoint.headers}
        self._options = {"headers": headers} if self.proxy is None else self.proxy.options(headers)
        session = aiohttp.ClientSession(
            timeout=self._timeout, connector=await self._open.enter_async_context(links.opened())
        )
        self._session = await self._open.enter_async_context(session)
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
        route = route or OneAddress(self.endpoint.address)
        path = "/chat/completions" if "messages" in body else "/completions"
        tries, limited = 0, RefusedAlone(self.counts.answered)
        while True:
            url = (await route.address()).rstrip("/") + path
            worded = self.dialect.worded(body)
            retry_after = None
            try:
                reply, started, retry_after = await self._reply(url, worded)
            except (aiohttp.ClientError, OSError, asyncio.IncompleteReadError) as error:
                failure = self._redact(describe(error, self._timeout.total, self.proxy))
            else:
                if isinstance(reply, Completion):
                    return self._answer(reply, started)
                failure = reply.message
                if reply.status == LIMITED:
                    self._check_limited(failure)
                    if limited.once_more(self.counts.answered):
                        raise GaveUp(f"{failure} (while others were answered)")
                    continue
                if self._learns(reply, worded):
                    continue
                if not self._may_pass(reply, tries):
                    raise self._final(reply, worded)
            if await route.lost():
                self.counts.asked_again += 1
                continue
            self.counts.last_failure = failure
            if tries == self._max_retries:
                raise GaveUp(f"{failure} (asked {counted(tries + 1, 'time')})")
            self.counts.retries += 1
            await asyncio.sleep(pause_before_retry(tries, retry_after))
            tries += 1

    async def get(self, path: str, timeout: float = 10) -> tuple[int, bytes, str]:
        """GET `path` below the address: its status and body, and in words where it points to.

        Raises OSError (TimeoutError too) or aiohttp's errors.

        ConnectionTimeoutError where nobody takes the connection, another TimeoutError where somebody did.
        """
        assert self._session is not None, "use `async with`"
        url = self.endpoint.address.rstrip("/") + path
        async with self._session.get(
            url, timeout=_timeout(timeout), allow_redirects=False, **self._options
        ) as response:
            content = await self._bodies.read(response)
            return response.status, content, self._redact(points_to(response.headers.get("Location")))

    async def post(
        self, route: Route, path: str, body: Mapping[str, Any], patience: Patience | None = None
    ) -> tuple[int, bytes]:
        """POST below the server's root, again while that fails in passing: status and body.

        An error in a 200 has the status that it stands for. Raises as `ask` does, but Refused. patience: where it is
        less than with a question.
        """
        encoded, tries, limited = msgspec.json.encode(body), 0, RefusedAlone(self.counts.answered)
        limit = self._timeout if patience is None else _timeout(patience.seconds)
        retries = self._max_retries if patience is None else min(patience.retries, self._max_retries)
        while True:
            root = (await route.address()).rstrip("/").removesuffix("/v1")
            retry_after = None
            try:
                _, sent, status, headers, content = await self._exchange(root + path, encoded, limit)
            except (aiohttp.ClientError, OSError, asyncio.IncompleteReadError) as error:
                failure = self._redact(describe(error, limit.total, self.proxy))
            else:
                error_there = read_error(status, content, self.endpoint.api_key)
                status = status if error_there is None else error_there.status
                self.gate.heard(sent, status, headers)
                if error_there is None:
                    return status, content
                failure = self._redact(error_there.message)
                if status == LIMITED:
                    self._check_limited(failure)
                    if limited.once_more(self.counts.answered):
                        raise GaveUp(f"{path}: {failure} (while others were answered)")
                    continue
                if status not in _RETRIED and (status < 500 or status == _NOT_IMPLEMENTED):
                    return status, content
                retry_after = headers.get("Retry-After")
            if await route.lost():
                self.counts.asked_again += 1
                continue
            if tries == retries:
                raise GaveUp(f"{path}: {failure} (asked {counted(tries + 1, 'time')})")
            self.counts.retries += 1
            await asyncio.sleep(pause_before_retry(tries, retry_after))
            tries += 1

    async def _reply(self, url: str, body: Mapping[str, Any]) -> tuple[Completion | ServerError, float, str | None]:
        """What a request comes to, when it was sent (Unix seconds), and Retry-After. The gate hears of a limit."""
        started, sent, status, headers, content = await self._exchange(url, msgspec.json.encode(body), self._timeout)
        reply = read_reply(status, content, self.endpoint.api_key)
        if isinstance(reply, ServerError):
            way = "" if self.proxy is None else self.proxy.may_have_said(status)
            to = points_to(headers.get("Location")) if 300 <= status < 400 else ""
            reply = replace(reply, message=self._redact(reply.message + to) + way)  # a key may be in the address, too
        self.gate.heard(sent, reply.status if isinstance(reply, ServerError) else status, headers)
        return reply, started, headers.get("Retry-After")

    async def _exchange(
        self, url: str, body: bytes, limit: aiohttp.ClientTimeout
    ) -> tuple[float, Sent, int, Mapping[str, str], bytes]:
        """Send when the server's limits allow it: when that was (Unix seconds), status, headers and content."""
        assert self._session is not None, "use `async with`"
        # aiohttp writes a file in parts, and bytes at once, which holds up everything else where they are many.
        data = body if len(body) < 2**20 else io.BytesIO(body)
        sent = await self.gate.enter()
        started = now()
        try:
            post = self._session.post(url, data=data, timeout=limit, allow_redirects=False, **self._options)
            async with post as response:
                status, headers, content = response.status, response.headers, await self._bodies.read(response)
        finally:
            self.gate.leave()
        return started, sent, status, headers, content

    def _answer(self, completion: Completion, started: float) -> Answer:
        self.counts.answered += 1
        self.gate.pace.count_tokens((completion.prompt_tokens or 0) + (completion.completion_tokens or 0))
        return Answer(redacted(completion, self.endpoint.api_key), started, now())

    def _check_limited(self, failure: str) -> None:
        """A rate limit is no failure, however often it refuses; raises where waiting does not help."""
        if "request too large" in failure.lower():  # for its tokens a minute, at whatever time
            self.counts.last_failure = failure
            raise GaveUp(failure)
        if reason := self.gate.hopeless():
            raise self._unusable(
                f"the server at {self.endpoint.shown} {reason} ({failure}). What is done is kept; run the same "
                "command again later."
            )

    def _learns(self, error: ServerError, worded: Mapping[str, Any]) -> bool:
        """Whether the request can be worded as the server wants it; others' refusals may have taught that already."""
        learnt = None if error.of_context or error.status not in MALFORMED else self.dialect.learnt(error, worded)
        if learnt is not None and learnt != self.dialect:
            self.dialect = learnt
            self._tell(learnt)
        return learnt is not None

    def _may_pass(self, error: ServerError, tries: int) -> bool:
        """Whether to ask once more. A 404 may be one of a router's backends: it is final where that is all there is."""
        if error.status == _NOT_FOUND:
            hopeful = self.counts.answered > 0 or self.gate.pace.in_flight > 0
            return hopeful or tries < min(_RETRIES_OF_404, self._max_retries)
        return error.status in _RETRIED or (error.status >= 500 and not error.of_context)

    def _final(self, error: ServerError, worded: Mapping[str, Any]) -> ServerUnusable | Refused:
        """What a refusal means: for this request, or for all of them."""
        if error.of_context:
            return OutOfContext(error.message)
        if error.status in MALFORMED:
            if kept := self.dialect.kept & self.dialect.refused(error, worded):
                return self._unusable(why_not_asked_so(self.endpoint, kept, error.message))
            if wants_stream(error.words):
                return self._unusable(why_not_streamed(self.endpoint, error.message))
        if error.status == 403 and self.counts.answered:  # of one request: content filters do so
            return Refused(error.message)
        if error.status in (401, 402, 403, _NOT_FOUND) or 300 <= error.status < 400:
            return self._unusable(why_unusable(self.endpoint, error.status, error.message))
        return Refused(error.message)

    def _unusable(self, why: str) -> ServerUnusable:
        return self.gate.close(ServerUnusable(why))

    def _redact(self, text: str) -> str:
        for secret in self.endpoint.secrets:
            text = without_key(text, secret)
        return text


def _timeout(seconds: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=seconds, sock_connect=CONNECT_SECONDS)
