"""The house's own rules: lint, format, types, the direction of imports, and how fast the front door opens."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "northstar"


def run(*command: str) -> None:
    done = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_ruff_finds_nothing() -> None:
    run("ruff", "check", ".")


def test_code_is_formatted() -> None:
    run("ruff", "format", "--check", ".")


@pytest.mark.slow
def test_mypy_strict_finds_nothing() -> None:
    run("mypy")


def test_no_file_is_called_by_a_name_that_says_nothing() -> None:
    empty = {"utils", "util", "helpers", "common", "misc", "manager"}
    assert not [file for file in SOURCE.rglob("*.py") if file.stem in empty]


def test_importing_the_package_imports_nothing_heavy() -> None:
    heavy = ["numpy", "pydantic", "aiohttp", "sympy", "huggingface_hub", "jinja2", "rich", "typer", "msgspec", "yaml"]
    heavy += ["pyarrow"]
    code = f"import sys, northstar; print([name for name in {heavy!r} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "[]\n"


def test_help_imports_none_of_the_machinery() -> None:
    heavy = ["numpy", "pydantic", "aiohttp", "sympy", "huggingface_hub", "jinja2", "msgspec", "pyarrow"]
    code = (
        "import sys; from northstar.cli.app import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        f"print([name for name in {heavy!r} if name in sys.modules], file=sys.stderr)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stderr == "[]\n"


def test_nothing_imports_the_command_line() -> None:
    guilty = [str(file) for file, names in _imports() if file.parts[0] != "cli" and any(n[0] == "cli" for n in names)]
    assert [file for file in guilty if file != "__main__.py"] == []


def test_what_orders_requests_asks_no_clock_that_can_be_set_back() -> None:
    files = [SOURCE / "engine/work.py", SOURCE / "engine/refusals.py", *(SOURCE / "models").rglob("*.py")]
    assert [file.name for file in files if "time.time()" in file.read_text()] == []


def _imports() -> list[tuple[Path, list[list[str]]]]:
    """Each source file with the northstar modules that it imports, as parts."""
    found = []
    for file in sorted(SOURCE.rglob("*.py")):
        names = []
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("northstar."):
                names.append((node.module or "").split(".")[1:])
        found.append((file.relative_to(SOURCE), names))
    return found


# A folder may import itself and those after it, at the top of a module.
LAYERS = [
    "cli",
    "executors",
    "reports",
    "engine",
    "benchmarks",
    "solvers",
    "graders",
    "servers",
    "models",
    "sandbox",
    "prompts",
]
LAYERS += ["metrics", "data", "config"]


def test_imports_point_one_way() -> None:
    against = [
        f"{file} imports northstar.{name[0]}"
        for file, names in _imports()
        for name in names
        if file.parts[0] in LAYERS and name[0] in LAYERS and LAYERS.index(name[0]) < LAYERS.index(file.parts[0])
    ]
    assert against == []
