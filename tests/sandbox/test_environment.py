"""The environment for programs: where it lies, and what is said when it can't be made."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from northstar.core.errors import NorthstarError
from northstar.sandbox.environment import VARIABLE, environment_folder, found_environment, make_environment


def test_it_lies_where_the_variable_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "env"))
    assert environment_folder() == tmp_path / "env"
    assert found_environment() is None


def test_it_lies_in_a_cache_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert "cache" in str(environment_folder()).lower()
    assert environment_folder().name.startswith(f"sandbox-python{sys.version_info.major}.{sys.version_info.minor}-")


def test_one_of_the_users_own_is_taken_as_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "env"))
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "env"], check=True)
    found = make_environment()
    assert (found.python, found.isolated) == (tmp_path / "env/bin/python", False)


@pytest.mark.slow
def test_what_went_wrong_is_said_in_one_sentence_and_nothing_half_made_stays(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "env"))
    monkeypatch.setenv("UV_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("UV_NO_CACHE", "1")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")
    with pytest.raises(NorthstarError) as error:
        make_environment()
    message = str(error.value)
    assert message.startswith("cannot create the environment with numpy, scipy, sympy, pandas, h5py in")
    assert VARIABLE in message
    assert list(tmp_path.iterdir()) == []
