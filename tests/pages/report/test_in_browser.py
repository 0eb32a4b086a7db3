"""The report in a real Chromium: nothing of a hostile record runs, and axe finds nothing serious."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from northstar.pages.report.report import report
from tests.comparison.written_runs import write_run
from tests.pages.hostile_texts import HOSTILE

TRIED = [name for name in HOSTILE if name != "long"]
pytestmark = [pytest.mark.real_browser, pytest.mark.slow]


@pytest.fixture
def browser(chromium: Browser) -> Browser:
    return chromium


def a_page(folder: Path, text: str = "so $x^2$") -> Path:
    chances = random.Random(0)
    verdicts = {f"row{row}": [chances.random() < 0.6 for _ in range(3)] for row in range(20)}
    fields: dict[str, Any] = {"generation": text, "problem": text, "predicted_answer": text, "level": 1}
    run = write_run(folder / "out", verdicts, benchmark="math-500", settings={"model": text[:99]}, **fields)
    report(run, output=folder / "report.html")
    return folder / "report.html"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(tmp_path: Path, browser: Browser, scheme: Any) -> None:
    page = browser.new_page(color_scheme=scheme, bypass_csp=True)  # for axe's own script
    page.goto(a_page(tmp_path).as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    found = Axe().run(page).response["violations"]
    page.close()
    assert [(each["id"], each["nodes"][0]["html"]) for each in found if each["impact"] in ("serious", "critical")] == []


def test_a_narrow_screen_scrolls_tables_and_not_the_page(tmp_path: Path, browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 360, "height": 640})
    page.goto(a_page(tmp_path).as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    page.close()


@pytest.mark.parametrize("text", [HOSTILE[name] for name in TRIED], ids=TRIED)
def test_nothing_of_a_hostile_record_runs_or_is_fetched(tmp_path: Path, browser: Browser, text: str) -> None:
    file = a_page(tmp_path, text)
    page = browser.new_page()
    happened: list[str] = []
    page.on("dialog", lambda dialog: happened.append(dialog.message))
    page.on("console", lambda message: happened.append(message.text))
    page.on("pageerror", lambda error: happened.append(str(error)))
    page.on("request", lambda request: happened.append(request.url))
    page.goto(file.as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    page.close()
    assert happened == [file.as_uri()]
