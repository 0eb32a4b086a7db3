"""Environments of their own: where they lie, and what is said when they can't be made."""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from pathlib import Path

import pytest

from northstar.core.errors import NorthstarError
from northstar.data.environment import Environment, environment_folder, make_environment, site_packages

TOOLS = Environment("some-tools", (("tool==1.2", ("ab" * 32, "cd" * 32)), ("other==3", ("ef" * 32,))))


def test_it_lies_in_the_data_folder_apart_from_those_of_other_versions(tmp_path: Path) -> None:
    newer = Environment("some-tools", (("tool==1.3", ("ab" * 32,)),))
    folders = [environment_folder(each, tmp_path) for each in (TOOLS, newer)]
    assert all(folder.parent == tmp_path / "environments" for folder in folders)
    assert all(folder.name.startswith("some-tools-python3.") for folder in folders)
    assert folders[0] != folders[1]


def test_a_variable_names_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NORTHSTAR_SOME_TOOLS_ENV", str(tmp_path / "mine"))
    assert environment_folder(TOOLS, tmp_path / "data") == tmp_path / "mine"


def test_requirements_hold_the_checksums() -> None:
    assert TOOLS.requirements == (
        f"tool==1.2 --hash=sha256:{'ab' * 32} --hash=sha256:{'cd' * 32}\nother==3 --hash=sha256:{'ef' * 32}\n"
    )


@pytest.mark.slow
@pytest.mark.parametrize("uv", [True, False])
def test_what_cannot_be_installed_is_one_sentence_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uv: bool
) -> None:
    for name in ("PIP_INDEX_URL", "UV_INDEX_URL", "UV_DEFAULT_INDEX"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    if not uv:
        monkeypatch.setenv("PATH", "/usr/bin:/bin")
    with pytest.raises(
        NorthstarError, match=r"cannot create .* tool==1\.2, other==3 in .*NORTHSTAR_SOME_TOOLS_ENV to "
    ):
        make_environment(TOOLS, tmp_path)
    assert list((tmp_path / "environments").iterdir()) == []


def reason_of_a_failure(folder: Path) -> str:
    with pytest.raises(NorthstarError) as error:
        make_environment(TOOLS, folder)
    return str(error.value).partition("-python3")[2].partition(" (")[2]


ABOUT_THE_FOLDER = (
    "Check that folder, or set NORTHSTAR_SOME_TOOLS_ENV to another folder, or a virtual environment that has these "
    "packages."
)


def test_of_a_folder_that_cannot_be_written_no_network_is_to_blame(tmp_path: Path) -> None:
    (tmp_path / "environments").write_text("")
    assert reason_of_a_failure(tmp_path) == f"File exists). {ABOUT_THE_FOLDER}"


@pytest.mark.parametrize(
    ("cause", "message"),
    [
        ("No space left on device", f"Caused by: No space left on device). {ABOUT_THE_FOLDER}"),
        (
            "Connection refused",
            "error: Failed to install). Check the network (or PIP_INDEX_URL, UV_INDEX_URL), or set "
            "NORTHSTAR_SOME_TOOLS_ENV to a",
        ),
    ],
)
def test_what_helps_is_told_from_what_the_installer_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cause: str, message: str
) -> None:
    uv = tmp_path / "bin/uv"
    uv.parent.mkdir()
    uv.write_text(f"#!/bin/sh\necho 'error: Failed to install' >&2\necho '  Caused by: {cause}' >&2\nexit 2\n")
    uv.chmod(0o755)
    monkeypatch.setenv("PATH", f"{uv.parent}:/usr/bin:/bin")
    assert reason_of_a_failure(tmp_path).startswith(message)


@pytest.mark.slow
@pytest.mark.parametrize("uv", [True, False])
def test_its_packages_are_compiled_for_those_who_may_not_write_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uv: bool
) -> None:
    if uv and shutil.which("uv") is None:
        pytest.skip("there is no uv here")
    wheel = tmp_path / "wheels/tool-1.2-py3-none-any.whl"
    wheel.parent.mkdir()
    with zipfile.ZipFile(wheel, "w") as file:
        file.writestr("tool.py", "x = 1\n")
        file.writestr("tool-1.2.dist-info/METADATA", "Metadata-Version: 2.1\nName: tool\nVersion: 1.2\n")
        file.writestr("tool-1.2.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        names = ("tool.py", *(f"tool-1.2.dist-info/{name}" for name in ("METADATA", "WHEEL", "RECORD")))
        file.writestr("tool-1.2.dist-info/RECORD", "".join(f"{name},,\n" for name in names))
    for tool in ("UV", "PIP"):
        monkeypatch.setenv(f"{tool}_FIND_LINKS", str(wheel.parent))
        monkeypatch.setenv(f"{tool}_NO_INDEX", "1")
    if not uv:
        monkeypatch.setenv("PATH", "/usr/bin:/bin")
    environment = Environment("tool", (("tool==1.2", (hashlib.sha256(wheel.read_bytes()).hexdigest(),)),))
    packages = site_packages(make_environment(environment, tmp_path))
    assert (packages / "tool.py").exists()
    assert list(packages.glob("__pycache__/tool.*.pyc"))


def test_a_folder_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(NorthstarError, match="is not a Python virtual environment"):
        site_packages(tmp_path)
