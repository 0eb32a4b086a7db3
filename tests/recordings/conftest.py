"""`pytest tests/recordings --record` writes the recordings anew."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--record", action="store_true", help="write the recordings of tests/recordings anew")
