"""The seam between the client and the network: one request out, one response back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from northstar.models.client.proxy import Proxy
from northstar.models.streams.stream import Stream


class Response(NamedTuple):
    """What came back. `proxy`: the one that it came through. `stream`: what took a streamed answer in."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    proxy: Proxy | None = None
    stream: Stream | None = None


class Transport(Protocol):
    """Sends requests; knows nothing of limits, retries, or what a response means."""

    async def send(
        self, method: str, url: str, body: bytes | None, seconds: float, stream: Stream | None = None
    ) -> Response:
        """Send one request, once; follow no redirect.

        Args:
            method: GET or POST.
            url: Where to.
            body: JSON.
            seconds: For all of it.
            stream: Takes in an answer that comes as a stream; the response has the body of the whole.

        Raises:
            Unanswered: There is no whole response.
        """


class Unanswered(Exception):
    """A request got no whole response; that may pass.

    Attributes:
        reason: Why, in a few words, with the proxy on the way.
        proxy: That proxy.
    """

    prefix = ""

    def __init__(self, reason: str, proxy: Proxy | None = None) -> None:
        self.proxy = proxy
        self.reason = reason if proxy is None else f"{reason}, through {proxy}"
        super().__init__(f"{self.prefix}{self.reason}")


class NotConnected(Unanswered):
    """Nobody took the connection."""

    prefix = "cannot connect: "


class NotTrusted(NotConnected):
    """The server's certificate is not trusted.

    Attributes:
        code: OpenSSL's number of the reason; 0 where it gives none.
        said: OpenSSL's words for it.
    """

    def __init__(self, reason: str, proxy: Proxy | None, *, code: int, said: str) -> None:
        super().__init__(reason, proxy)
        self.code = code
        self.said = said


class NotRead(Unanswered):
    """There is an answer, which is not read to its end."""


class TimedOut(Unanswered):
    """Somebody took the request and has not answered in time."""
