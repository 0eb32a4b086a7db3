"""What is released: one version, a license, types, and nothing that isn't the package's."""

from __future__ import annotations

import importlib.metadata
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml

from northstar.provenance.invocation import this_run
from northstar.version import __version__

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "northstar"
LICENSE = f"northstar-{__version__}.dist-info/licenses/LICENSE"
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def test_the_version_is_written_in_one_place() -> None:
    assert PYPROJECT["project"]["dynamic"] == ["version"]
    assert PYPROJECT["tool"]["hatch"]["version"]["path"] == "src/northstar/version.py"
    written = re.compile(rf"""["']{re.escape(__version__)}["']""")
    assert [file.name for file in SOURCE.rglob("*.py") if written.search(file.read_text())] == ["version.py"]


def test_nothing_asks_the_installed_metadata_for_northstars_version() -> None:
    asked = re.compile(r"""metadata\.version\(["']northstar["']\)""")
    assert [file.name for file in SOURCE.rglob("*.py") if asked.search(file.read_text())] == []


def test_the_command_prints_the_version() -> None:
    printed = subprocess.run([sys.executable, "-m", "northstar", "--version"], capture_output=True, text=True)
    assert printed.stdout == f"northstar {__version__}\n"


def test_a_run_names_the_version_also_where_nothing_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", nothing)
    assert this_run(["ns"], {})["versions"] == {"northstar": __version__}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of the wheel that this folder makes: name → content."""
    folder = tmp_path_factory.mktemp("dist")
    built = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    (file,) = folder.glob("*.whl")
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_wheel_has_the_license(wheel: dict[str, bytes]) -> None:
    assert wheel[LICENSE] == (ROOT / "LICENSE").read_bytes()
    assert b"License-Expression: Apache-2.0\n" in wheel[f"northstar-{__version__}.dist-info/METADATA"]


def test_the_wheel_tells_type_checkers_that_it_is_typed(wheel: dict[str, bytes]) -> None:
    assert "northstar/py.typed" in wheel


def test_the_wheel_has_every_file_of_the_package_and_no_other(wheel: dict[str, bytes]) -> None:
    ours = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "src/northstar"]
    listed = subprocess.run(ours, cwd=ROOT, capture_output=True, text=True).stdout.splitlines()
    files = {line.removeprefix("src/") for line in listed if (ROOT / line).exists()}
    assert {name for name in wheel if ".dist-info/" not in name} == files


def test_contributing_names_every_command_of_the_makefile() -> None:
    targets = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"^make ([a-z-]+)", (ROOT / "CONTRIBUTING.md").read_text(), re.MULTILINE))
    assert named == targets
    assert {"setup", "test", "test-fast", "lint", "build"} <= targets


def test_every_python_that_is_promised_is_tested() -> None:
    prefix = "Programming Language :: Python :: "
    promised = [text.removeprefix(prefix) for text in PYPROJECT["project"]["classifiers"] if text.startswith(prefix)]
    workflow = yaml.safe_load((ROOT / ".github/workflows/checks.yml").read_text())
    assert workflow["jobs"]["test"]["strategy"]["matrix"]["python"] == [name for name in promised if "." in name]


def test_what_a_clone_installs_comes_from_the_public_index() -> None:
    places = re.findall(r"""(?:https?|file)://[^/"]*""", (ROOT / "uv.lock").read_text())
    assert set(places) == {"https://pypi.org", "https://files.pythonhosted.org"}
