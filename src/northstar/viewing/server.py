"""The server of `ns view`: on 127.0.0.1, one page an address."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from contextlib import suppress
from importlib import resources
from typing import TypeVar

import msgspec
from aiohttp import web

from northstar.core.errors import NorthstarError, UsageError
from northstar.pages.environment import shared_style
from northstar.viewing.guard import guarded
from northstar.viewing.pages import message_page
from northstar.viewing.viewer import NotThere, Viewer

WAIT_SECONDS = 0.5
"""How long a page waits for what is new; a first index goes on behind it."""
_NUMBER = re.compile(r"[0-9]{1,9}")
_Result = TypeVar("_Result")


def application(viewer: Viewer, token: str) -> web.Application:
    """Return the server's application."""
    app = web.Application(middlewares=[guarded(token)], client_max_size=1024)
    pages = _Pages(viewer)
    app.router.add_get("/", pages.overview)
    app.router.add_get("/version", pages.version)
    app.router.add_get("/static/{name}", pages.static)
    app.router.add_get("/raw/{run}/{benchmark}/{row}/{column}", pages.raw)
    app.router.add_get("/{run}/{benchmark}", pages.grid)
    app.router.add_get("/{run}/{benchmark}/{row}/{column}", pages.sample)
    app.on_cleanup.append(pages.stop)
    return app


class _Pages:
    """The handlers of the addresses."""

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        self._looking: asyncio.Task[None] | None = None
        self._static = {
            "style.css": ("text/css", shared_style().encode()),
            "view.css": ("text/css", _own("view.css")),
            "view.js": ("text/javascript", _own("view.js")),
        }

    async def overview(self, _: web.Request) -> web.Response:
        return await self._page(self._viewer.overview)

    async def grid(self, request: web.Request) -> web.Response:
        run, benchmark = _number(request, "run"), request.match_info["benchmark"]
        return await self._page(lambda: self._viewer.grid(run, benchmark, request.query))

    async def sample(self, request: web.Request) -> web.Response:
        run, row, column = (_number(request, name) for name in ("run", "row", "column"))
        benchmark = request.match_info["benchmark"]
        return await self._page(lambda: self._viewer.sample(run, benchmark, row, column, request.query))

    async def raw(self, request: web.Request) -> web.Response:
        """The whole record, as a file: no browser shows it as a page."""
        run, row, column = (_number(request, name) for name in ("run", "row", "column"))
        benchmark = request.match_info["benchmark"]
        try:
            found = await self._apart(lambda: self._viewer.record(run, benchmark, row, column))
        except NorthstarError as error:
            raise web.HTTPNotFound(text=f"{error}\n") from None
        response = web.Response(body=msgspec.json.format(msgspec.json.encode(found)), content_type="application/json")
        response.headers["Content-Disposition"] = f'attachment; filename="row-{row}.json"'
        return response

    async def version(self, _: web.Request) -> web.Response:
        await self._look()
        return web.Response(text=self._viewer.site.version)

    async def static(self, request: web.Request) -> web.Response:
        found = self._static.get(request.match_info["name"])
        if found is None:
            raise web.HTTPNotFound(text="There is no such file.\n")
        return web.Response(body=found[1], content_type=found[0], charset="utf-8")

    async def stop(self, _: web.Application) -> None:
        if self._looking is not None:
            self._looking.cancel()
            with suppress(asyncio.CancelledError):
                await self._looking

    async def _page(self, make: Callable[[], str]) -> web.Response:
        await self._look()
        try:
            return _html(await self._apart(make))
        except NotThere as error:
            return _html(message_page(self._viewer.site, str(error)), 404)
        except UsageError as error:
            return _html(message_page(self._viewer.site, str(error)), 400)
        except NorthstarError as error:
            return _html(message_page(self._viewer.site, str(error)), 409)

    async def _apart(self, make: Callable[[], _Result]) -> _Result:
        return await asyncio.to_thread(make)

    async def _look(self) -> None:
        """Bring the runs up to date, or wait a moment for it."""
        if self._looking is None or self._looking.done():
            self._looking = asyncio.ensure_future(asyncio.to_thread(self._viewer.look))
        await asyncio.wait([self._looking], timeout=WAIT_SECONDS)
        if self._looking.done() and not self._looking.cancelled():
            self._looking.result()


def _html(page: str, status: int = 200) -> web.Response:
    return web.Response(text=page, status=status, content_type="text/html", charset="utf-8")


def _number(request: web.Request, name: str) -> int:
    text = request.match_info[name]
    if not _NUMBER.fullmatch(text):
        raise web.HTTPNotFound(text="There is no such page.\n")
    return int(text)


def _own(name: str) -> bytes:
    return (resources.files("northstar.viewing") / "static" / name).read_bytes()
