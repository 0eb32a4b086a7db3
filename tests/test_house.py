"""The house's own rules: lint, format, types, the direction of imports, and how fast the front door opens."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import Counter
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


WITHOUT_NORTHSTAR = ("sandbox/inside", "servers/hosting/guardian.py", "prompts/environments.py")
"""What runs in an interpreter that may not have Northstar, or is to load nothing of it."""
OTHER_ROOMS = ("jobs", "executors", "api", "cli")


def test_only_one_module_reads_clocks() -> None:
    """See core/clock.py for which one is for what."""
    reads = re.compile(r"\btime\.(time|monotonic|perf_counter)\b|from time import (?!sleep\n)|\bdatetime\.now\(")
    exempt = ("core/clock.py", *WITHOUT_NORTHSTAR, *OTHER_ROOMS)
    files = [file for file in SOURCE.rglob("*.py") if not f"{file.relative_to(SOURCE)}".startswith(exempt)]
    assert [str(file) for file in files if reads.search(file.read_text())] == []


def _imports() -> list[tuple[Path, list[list[str]]]]:
    """Each source file with the northstar modules that it imports, as parts."""
    modules = {file.relative_to(SOURCE).with_suffix("").parts for file in SOURCE.rglob("*.py")}
    found = []
    for file in sorted(SOURCE.rglob("*.py")):
        names = []
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                whole = [alias.name.split(".") for alias in node.names]
                names += [name[1:] or ["__init__"] for name in whole if name[0] == "northstar"]
            if isinstance(node, ast.ImportFrom) and node.level:
                raise AssertionError(f"{file}:{node.lineno}: a relative import; write the whole name")
            if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "northstar":
                package = (node.module or "").split(".")[1:]
                for alias in node.names:
                    names.append(
                        [*package, alias.name] if (*package, alias.name) in modules else package or ["__init__"]
                    )
        found.append((file.relative_to(SOURCE), names))
    return found


LAYERS = (
    *("core", "config", "metrics", "statistics", "prompts", "data", "models", "sandbox", "servers", "task", "graders"),
    *("solvers", "benchmarks", "groups", "compute", "results", "provenance", "pool", "engine", "importing"),
    *("progress", "reports", "exporting", "comparison", "recipes", "costs", "pages", "viewing", "jobs", "executors"),
    *("doctor", "api", "cli"),
)
"""From the ground up: a folder imports itself and those before it, inside functions too."""


def test_imports_point_downwards() -> None:
    upwards = [
        f"{file} imports northstar.{'.'.join(name)}"
        for file, names in _imports()
        for name in names
        if len(file.parts) > 1 and not (name[0] in LAYERS[: LAYERS.index(file.parts[0]) + 1] or name == ["version"])
    ]
    assert upwards == []


def test_every_folder_has_its_layer_and_nothing_else_lies_at_the_top() -> None:
    folders = {file.parent.name for file in SOURCE.glob("*/__init__.py")}
    assert folders == set(LAYERS)
    assert {file.name for file in SOURCE.glob("*.py")} <= {"__init__.py", "__main__.py", "version.py"}


def test_contributing_shows_the_same_order() -> None:
    assert " → ".join(LAYERS) in " ".join((ROOT / "CONTRIBUTING.md").read_text().split())


def test_no_folder_holds_more_than_14_modules_and_no_module_more_than_300_lines() -> None:
    modules = [file for file in SOURCE.rglob("*.py") if file.name != "__init__.py"]
    folders = Counter(file.parent.relative_to(SOURCE) for file in modules)
    assert {str(folder): number for folder, number in folders.items() if number > 14} == {}
    lengths = {file: len(file.read_text().splitlines()) for file in modules}
    assert {str(file): length for file, length in lengths.items() if length > 300} == {}


def test_no_modules_import_each_other_in_a_circle() -> None:
    needs = {".".join(file.with_suffix("").parts): {".".join(name) for name in names} for file, names in _imports()}
    while free := {module for module, needed in needs.items() if not needed & needs.keys()}:
        for module in free:
            del needs[module]
    assert sorted(needs) == []


def test_no_test_imports_from_another() -> None:
    """What several tests use has a module of its own, named by what it is."""
    guilty = [
        f"{file.relative_to(ROOT)} imports {name}"
        for file in sorted((ROOT / "tests").rglob("*.py"))
        for node in ast.walk(ast.parse(file.read_text()))
        for name in _named(node)
        if any(part.startswith("test_") for part in name.split("."))
    ]
    assert guilty == []


def _named(node: ast.AST) -> list[str]:
    """The modules that a statement imports, and what it takes of a package."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [f"{node.module or ''}.{alias.name}" for alias in node.names]
    return []
