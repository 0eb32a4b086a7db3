"""A page in a real browser that notes what it should never do: open dialogs, ask other servers, report errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Dialog, Page


class Watched:
    """A page and what it did.

    Attributes:
        dialogs: Texts of alerts and the like.
        elsewhere: Addresses of other servers that it asked.
        errors: Of its console, and of its scripts; among them whatever its Content-Security-Policy stopped.
    """

    def __init__(self, page: Page, server: str) -> None:
        self.page = page
        self.dialogs: list[str] = []
        self.elsewhere: list[str] = []
        self.errors: list[str] = []
        page.on("dialog", self._dismiss)
        page.on("request", lambda request: self._note(request.url, server))
        page.on("console", lambda message: self.errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def _dismiss(self, dialog: Dialog) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def _note(self, address: str, server: str) -> None:
        if urlsplit(address).netloc != urlsplit(server).netloc:
            self.elsewhere.append(address)

    def misdeeds(self) -> list[str]:
        """Return all that it should not have done."""
        return [*self.dialogs, *self.elsewhere, *self.errors]

    def barriers(self) -> list[str]:
        """Return what axe-core calls a serious or critical barrier to people."""
        found: Any = Axe().run(self.page).response["violations"]
        return [
            f"{each['id']}: {node['target']}"
            for each in found
            if each["impact"] in ("serious", "critical")
            for node in each["nodes"]
        ]


@contextmanager
def watched_page(browser: Browser, server: str, **context: Any) -> Iterator[Watched]:
    """Yield a new page of a browser; `context`: what Playwright knows, such as color_scheme and viewport."""
    with browser.new_context(**context) as own:
        own.set_default_timeout(15_000)
        yield Watched(own.new_page(), server)
