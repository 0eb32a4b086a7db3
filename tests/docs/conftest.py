"""The site, built once for all tests of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from docs.site.build import build

from tests.conftest import of_all_workers, one_worker_at_a_time


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the built site. Building it without a warning is a test in itself."""
    folder = of_all_workers(tmp_path_factory) / "site"
    with one_worker_at_a_time(folder):
        if not (folder / "index.html").exists():
            assert build(folder, tmp_path_factory.mktemp("sources")) == 0
    return folder
