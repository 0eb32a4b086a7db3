"""The site in a real browser: narrow and wide, light and dark, without a barrier, without an error."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.real_browser, pytest.mark.slow]
PAGES = ("index", "tutorials/compare", "how-to/index", "reference/commands/eval", "records", "benchmarks/gpqa")


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(site)))
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def _opened(browser: Browser, width: int, scheme: str) -> tuple[Page, list[str]]:
    """A page of that width, and what goes wrong in it: errors, and requests to other hosts."""
    page = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme).new_page()  # type: ignore[arg-type]
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda request: wrong.append(request.url) if "127.0.0.1" not in request.url else None)
    page.on("requestfailed", lambda request: wrong.append(request.url))
    return page, wrong


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1280, "dark")])
def test_no_page_has_a_barrier_or_is_wider_than_the_screen(
    chromium: Browser, address: str, width: int, scheme: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page, wrong = _opened(chromium, width, scheme)
    barriers = []
    for name in PAGES:
        page.goto(f"{address}/{name}.html")
        found = Axe().run(page).response["violations"]
        barriers += [
            f"{name}: {each['id']}: {each['nodes'][0]['html'][:120]}"
            for each in found
            if each["impact"] in ("serious", "critical")
        ]
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            barriers.append(f"{name} is wider than the screen")
    page.context.close()
    assert (barriers, wrong) == ([], [])


def test_the_search_finds_a_setting(chromium: Browser, address: str) -> None:
    page, wrong = _opened(chromium, 1280, "light")
    page.goto(f"{address}/search.html?q=tokens_to_generate")
    page.wait_for_selector("#search-results li a")
    found = page.locator("#search-results li a").all_inner_texts()
    page.context.close()
    assert "Settings" in " ".join(found)
    assert wrong == []
