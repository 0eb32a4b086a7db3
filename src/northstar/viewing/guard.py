"""Who may see the pages: whoever has the token, from this server's own pages, by a name of this machine."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""Of every answer: nothing is loaded from elsewhere, no script but the server's own file runs, nobody frames a page."""
_OWN_NAMES = frozenset(("127.0.0.1", "localhost", "::1"))
_LINKED = "Open the address that ns view printed; it has the token."


def new_token() -> str:
    return secrets.token_urlsafe(24)


def guarded(token: str) -> Any:
    """Return the middleware that checks each request and sets HEADERS.

    The first visit has the token in its address and gets it as a cookie, and the same address without it. The Host must
    be a name of this machine, of any port, since `ssh -L` may choose another: a name of the web's that was pointed at
    127.0.0.1 (DNS rebinding) is refused. A request that another origin's page sends is refused by its Origin and its
    Sec-Fetch-Site.
    """

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            response = await _checked(request, handler, token)
        except web.HTTPException as answer:
            answer.headers.update(HEADERS)
            raise
        response.headers.update(HEADERS)
        return response

    return middleware


async def _checked(request: web.Request, handler: Handler, token: str) -> web.StreamResponse:
    if (host := _host_of(request)) not in _OWN_NAMES:
        raise web.HTTPMisdirectedRequest(text=f"{host!a} is not this machine. {_LINKED}\n")
    origin = request.headers.get("Origin")
    if origin is not None and origin != f"http://{request.headers['Host']}":
        raise web.HTTPForbidden(text="Another page may not read this one.\n")
    comes_from = request.headers.get("Sec-Fetch-Site", "none")
    if comes_from not in ("none", "same-origin") and request.headers.get("Sec-Fetch-Mode") != "navigate":
        raise web.HTTPForbidden(text="Another page may not read this one.\n")
    given = request.query.get("token")
    if given is not None:
        if not _same(given, token):
            raise web.HTTPForbidden(text=f"This token is of another ns view. {_LINKED}\n")
        answer = web.HTTPSeeOther("/" + str(request.rel_url.without_query_params("token")).lstrip("/"))
        answer.set_cookie(cookie_name(request), token, httponly=True, samesite="Strict", path="/")
        raise answer
    if not _same(request.cookies.get(cookie_name(request), ""), token):
        raise web.HTTPForbidden(text=f"There is no token. {_LINKED}\n")
    return await handler(request)


def cookie_name(request: web.Request) -> str:
    """Return a name of its own for each server on this machine: cookies are shared by all ports."""
    socket = None if request.transport is None else request.transport.get_extra_info("sockname")
    return f"northstar-{socket[1] if socket else 0}"


def _host_of(request: web.Request) -> str:
    try:
        return urlsplit(f"http://{request.headers.get('Host', '')}").hostname or ""
    except ValueError:
        return ""


def _same(given: str, token: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), token.encode())
