"""The pages in a real browser: keys, filters, a run that grows, two runs, and records that attack."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.viewing.invented_run import HOSTILE, GrowingSeed, write_hostile, write_metrics, write_run
from tests.viewing.served import TOKEN, served
from tests.watched_page import Watched, watched_page

pytestmark = [pytest.mark.real_browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("runs")
    base = write_hostile(write_run(folder / "base", rows=60))
    write_metrics(base)
    with served(base, write_run(folder / "new", rows=60, shift=4)) as address:
        yield address


@pytest.fixture
def watched(chromium: Browser, server: str) -> Iterator[Watched]:
    """A page that has been let in."""
    with watched_page(chromium, server) as found:
        found.page.goto(f"{server}/?token={TOKEN}")
        yield found


@pytest.fixture
def page(watched: Watched) -> Iterator[Page]:
    yield watched.page
    assert watched.misdeeds() == []


def arrive(page: Page, address: str) -> None:
    """Wait for a page, and for its script, which takes the keys."""
    page.wait_for_url(lambda url: url == address)


def rows(page: Page) -> list[str]:
    return page.locator("tr[data-row] td:first-child").all_inner_texts()


def test_the_token_is_not_left_in_the_address(page: Page, server: str) -> None:
    assert page.url == f"{server}/"


def test_a_benchmark_is_opened_and_a_sample_by_keys_alone(page: Page, server: str) -> None:
    for key in ("j", "j", "Enter"):
        page.keyboard.press(key)
    arrive(page, f"{server}/0/sums")
    for key in ("j", "ArrowDown", "k", "j", "Enter"):
        page.keyboard.press(key)
    arrive(page, f"{server}/0/sums/1/0")
    page.keyboard.press("j")
    arrive(page, f"{server}/0/sums/2/0")
    page.keyboard.press("ArrowRight")
    arrive(page, f"{server}/0/sums/2/1")
    page.keyboard.press("k")
    arrive(page, f"{server}/0/sums/1/1")
    page.keyboard.press("u")
    arrive(page, f"{server}/0/sums")


def test_arrows_turn_the_pages_of_a_grid(page: Page, server: str) -> None:
    page.goto(f"{server}/0/sums")
    assert len(rows(page)) == 50
    page.keyboard.press("ArrowRight")
    arrive(page, f"{server}/0/sums?page=2")
    assert rows(page) == [str(row) for row in range(50, 60)]
    page.keyboard.press("ArrowLeft")
    arrive(page, f"{server}/0/sums?")


def test_slash_searches_and_keys_are_letters_while_typing(page: Page, server: str) -> None:
    page.goto(f"{server}/0/sums")
    page.keyboard.press("/")
    page.keyboard.type("sums-007jk?/")
    expect(page.locator("#search")).to_have_value("sums-007jk?/")
    page.keyboard.press("Control+a")
    page.keyboard.type("sums-007")
    page.keyboard.press("Enter")
    expect(page.locator("#rows > .note")).to_have_text("1 row")
    assert rows(page) == ["7"]


def test_a_choice_filters_at_once(page: Page, server: str) -> None:
    page.goto(f"{server}/0/sums")
    page.get_by_label("Show").select_option("never right")
    page.wait_for_url("**show=all-wrong**")
    assert rows(page) == []
    page.get_by_label("Show").select_option("some cut off")
    page.wait_for_url("**show=cut-off**")
    assert all("✂" in text for text in page.locator("tr[data-row]").all_inner_texts())


def test_what_flipped_between_two_runs_is_listed_and_leads_to_both(page: Page, server: str) -> None:
    page.goto(f"{server}/0/sums?show=worse&order=flips")
    worse = rows(page)
    assert worse
    page.goto(f"{server}/0/sums/{worse[0]}/0")
    page.locator("#strip .cells").nth(1).locator("a").first.click()
    arrive(page, f"{server}/1/sums/{worse[0]}/0")


def test_the_help_opens_and_closes(page: Page) -> None:
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#help")).to_be_hidden()


def test_a_sample_has_its_math_drawn_its_answer_marked_and_its_reasoning_folded(page: Page, server: str) -> None:
    page.goto(f"{server}/0/sums/3/0")
    expect(page.locator(".answer math")).to_have_count(2)
    expect(page.locator("mark.extracted")).to_have_text("462")
    expect(page.get_by_text("First 33 times 14")).to_be_hidden()
    page.keyboard.press("r")
    expect(page.get_by_text("First 33 times 14")).to_be_visible()


@pytest.mark.parametrize("row", range(len(HOSTILE)))
def test_a_hostile_record_does_nothing(watched: Watched, server: str, row: int) -> None:
    page = watched.page
    page.goto(f"{server}/0/hostile/{row}/0")
    page.keyboard.press("r")
    page.locator("details.fields summary").click()
    for element in page.locator("main *").all()[:40]:
        element.dispatch_event("mouseover")
    expect(page.locator("#help-button")).to_be_visible()
    assert page.locator("main script, main iframe, main img, main svg, main style, main link, main meta").count() == 0
    assert page.locator("main a[href^='javascript' i]").count() == 0
    assert watched.misdeeds() == []


def test_a_list_of_hostile_records_does_nothing(page: Page, server: str) -> None:
    page.goto(f"{server}/0/hostile")
    assert len(rows(page)) == len(HOSTILE)


def test_what_a_script_would_do_is_stopped_by_the_policy(watched: Watched, server: str) -> None:
    """The second wall, should the first have a hole."""
    watched.page.goto(f"{server}/0/sums")
    watched.page.evaluate(
        """() => {
            const main = document.querySelector('main');
            main.insertAdjacentHTML('beforeend', '<img src="x" onerror="window.done = 1"><img src="https://evil.example/x">');
            const script = document.createElement('script');
            script.textContent = 'window.done = 2';
            main.append(script);
        }"""
    )
    expect(watched.page.locator("main img")).to_have_count(2)
    assert watched.page.evaluate("window.done === undefined")
    assert watched.errors


def test_a_run_that_grows_grows_on_the_page(chromium: Browser, tmp_path: Path) -> None:
    run = write_run(tmp_path / "out", seeds=[0], rows=24)
    seed = GrowingSeed(run, 1)
    with served(run) as server, watched_page(chromium, server) as watched:
        page = watched.page
        page.goto(f"{server}/?token={TOKEN}")
        page.goto(f"{server}/0/sums")
        page.keyboard.press("j")
        expect(page.locator(".cell.absent")).to_have_count(24)
        seed.answer(0)
        seed.answer(1, graded=False)
        expect(page.locator(".cell.absent")).to_have_count(22)
        expect(page.locator(".cell.ungraded")).to_have_count(1)
        seed.grade(1)
        expect(page.locator(".cell.ungraded")).to_have_count(0)
        expect(page.locator("tr.selected")).to_have_count(1)
        assert watched.misdeeds() == []
    seed.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/", "/0/sums", "/0/sums/3/0", "/0/sums/2/0", "/0/hostile/4/0", "/0/nothing"])
def test_no_serious_barrier_is_found(chromium: Browser, server: str, path: str, scheme: str) -> None:
    with watched_page(chromium, server, color_scheme=scheme, bypass_csp=True) as watched:  # axe adds a script
        watched.page.goto(f"{server}/?token={TOKEN}")
        watched.page.goto(f"{server}{path}")
        assert watched.barriers() == []


@pytest.mark.parametrize("path", ["/", "/0/sums", "/0/sums/3/0", "/0/hostile/7/0"])
def test_nothing_is_wider_than_a_narrow_screen(chromium: Browser, server: str, path: str) -> None:
    with watched_page(chromium, server, viewport={"width": 320, "height": 640}) as watched:
        watched.page.goto(f"{server}/?token={TOKEN}")
        watched.page.goto(f"{server}{path}")
        assert watched.page.evaluate("document.documentElement.scrollWidth") <= 320


def test_without_the_token_a_browser_sees_nothing(chromium: Browser, server: str) -> None:
    with watched_page(chromium, server) as watched:
        watched.page.goto(f"{server}/0/sums")
        assert "There is no token" in watched.page.content()
