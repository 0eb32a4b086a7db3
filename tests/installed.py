"""Packages that are installed for a test: their modules and metadata, in a folder of Python's path."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path

import pytest

from northstar.benchmarks import registry
from northstar.config import plugins
from northstar.models.tool_parsers import parser

Install = Callable[..., Path]
"""(name, version, module's source, {group: {name: object}}) → the folder on Python's path."""

BENCHMARK = """
from pathlib import Path
from northstar.data.source import PackagedFile
from northstar.graders.math.answer import MathAnswer
from northstar.metrics.answers import AnswerMetrics
from northstar.solvers.single_turn import SingleTurn
from northstar.task.benchmark import Benchmark, Splits

BENCHMARK = Benchmark(
    name="{name}",
    about="One sum.",
    splits=Splits({{"test": PackagedFile(Path(__file__).with_name("{module}.jsonl"))}}),
    prompt="math",
    solver=SingleTurn(),
    grader=MathAnswer(),
    metrics=AnswerMetrics("symbolic_correct"),
)
"""


def write_package(folder: Path, name: str, source: str, entries: dict[str, dict[str, str]], version: str) -> None:
    """What an installer leaves of a package with one module."""
    folder.mkdir(exist_ok=True)
    (folder / f"{name.replace('-', '_')}.py").write_text(source)
    info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    lines = [
        f"[{group}]\n" + "".join(f"{key} = {value}\n" for key, value in of.items()) for group, of in entries.items()
    ]
    (info / "entry_points.txt").write_text("\n".join(lines))


def forget() -> None:
    """What was found of packages."""
    importlib.invalidate_caches()
    plugins._found.cache_clear()
    plugins._loaded.clear()
    registry._installed.cache_clear()
    parser.find_tool_parser.cache_clear()


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Installs packages until the end of the test."""
    folder = tmp_path / "site-packages"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)

    def installed(name: str, source: str, entries: dict[str, dict[str, str]], version: str = "1.2") -> Path:
        write_package(folder, name, source, entries, version)
        forget()
        return folder

    return installed
