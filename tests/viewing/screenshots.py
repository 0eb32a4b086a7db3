"""`python -m tests.viewing.screenshots` takes the pictures of docs/viewing.md, of an invented run."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.viewing.invented_run import GrowingSeed, write_metrics, write_run
from tests.viewing.served import TOKEN, served

IMAGES = Path(__file__).parents[2] / "docs" / "images"
PICTURES = (
    ("view-grid.png", "/0/sums", "dark", 560),
    ("view-sample.png", "/0/sums/7/0", "light", 620),
)


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    chromium = os.environ.get("NORTHSTAR_TEST_CHROMIUM") or shutil.which("chromium")
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        base = write_run(Path(name, "base"))
        write_metrics(base)
        seed = GrowingSeed(base, 4)
        for row in range(6):
            seed.answer(row, graded=row < 4)
        sandbox = [] if os.geteuid() else ["--no-sandbox"]
        browser = playwright.chromium.launch(executable_path=chromium, args=sandbox)
        with served(base, write_run(Path(name, "new"), shift=4)) as server:
            for file, path, scheme, height in PICTURES:
                context = browser.new_context(
                    color_scheme="dark" if scheme == "dark" else "light", viewport={"width": 1000, "height": height}
                )
                page = context.new_page()
                page.goto(f"{server}/?token={TOKEN}")
                page.goto(f"{server}{path}")
                page.screenshot(path=IMAGES / file)
                context.close()
        browser.close()
        seed.close()


if __name__ == "__main__":
    main()
