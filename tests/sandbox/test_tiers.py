"""The choice of a tier."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from northstar.core.errors import NorthstarError, UsageError
from northstar.sandbox.launch import Interpreter, unprivileged_user
from northstar.sandbox.tiers import check_choice, choose, why_not


def test_a_misspelt_choice_names_its_neighbour() -> None:
    with pytest.raises(UsageError, match="Did you mean bubblewrap"):
        check_choice("bublewrap")


def test_a_machine_without_walls_refuses_and_says_how_to_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.setattr("northstar.sandbox.tiers.TIERS", ("bubblewrap",))
    with pytest.raises(NorthstarError) as error:
        asyncio.run(choose("auto"))
    assert str(error.value) == (
        "cannot isolate programs that a model wrote (bubblewrap: bwrap is not installed (apt install bubblewrap, "
        "or dnf install bubblewrap)). Fix one of these, or set --sandbox=unsafe to run them with your own rights."
    )


def test_a_choice_that_does_not_work_names_its_reason_and_the_other_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    async def too_old(tier: str, interpreter: Interpreter) -> str:
        return "the kernel is too old"

    monkeypatch.setattr("northstar.sandbox.tiers.why_not", too_old)
    with pytest.raises(NorthstarError) as error:
        asyncio.run(choose("landlock"))
    assert str(error.value) == (
        "cannot isolate programs that a model wrote (landlock: the kernel is too old). Leave out --sandbox to try "
        "the other tier too, or set --sandbox=unsafe to run them with your own rights."
    )


def test_the_weaker_kind_says_why_it_is_not_the_stronger_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    tier = asyncio.run(choose("auto"))
    assert tier.name == "landlock"
    assert tier.description.endswith(
        "); not in bubblewrap: bwrap is not installed (apt install bubblewrap, or dnf install bubblewrap)"
    )


def test_unsafe_is_only_what_was_asked_for_and_says_so() -> None:
    tier = asyncio.run(choose("unsafe"))
    assert (tier.name, tier.about["tier"]) == ("unsafe", "unsafe")
    python = ".".join(map(str, sys.version_info[:3]))
    assert tier.description == f"no sandbox, with your own rights (Python {python})"


def test_an_interpreter_that_ends_at_once_is_no_tier(tmp_path: Path) -> None:
    false = Interpreter(Path("/bin/false"), (), isolated=True)
    assert asyncio.run(why_not("bubblewrap", false)) is not None


def test_packages_that_are_missing_or_broken_are_named(tmp_path: Path) -> None:
    environment = tmp_path / "env"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    packages = next(environment.glob("lib/python3*/site-packages"))
    (packages / "there.py").write_text("")
    (packages / "broken.py").write_text("raise RuntimeError('built for another NumPy')")
    python = environment / "bin/python"
    interpreter = Interpreter(python, (environment, python.resolve().parents[1]), isolated=False)
    for folder in (tmp_path, *tmp_path.parents[:-2]):
        folder.chmod(folder.stat().st_mode | 0o055)
    tier = asyncio.run(choose("auto", interpreter, ("there", "missing", "broken")))
    assert tier.lacks == ["missing", "broken"]


@pytest.mark.parametrize("in_path", ["{folder}", ":{folder}:/nonexistent", "relative"])
def test_bubblewrap_is_started_where_the_users_path_has_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, in_path: str
) -> None:
    real = shutil.which("bwrap")
    if real is None:
        pytest.skip("THERE IS NO BUBBLEWRAP: nothing is known of the stronger sandbox. Install it to test that, too")
    folder = tmp_path / "a folder" / "relative"
    folder.mkdir(parents=True)
    (folder / "bwrap").write_text(f'#!/bin/sh\necho >> "{folder}/started"\nexec {real} "$@"\n')
    (folder / "bwrap").chmod(0o755)
    monkeypatch.chdir(tmp_path / "a folder")
    monkeypatch.setenv("PATH", in_path.format(folder=folder))
    tier = asyncio.run(choose("bubblewrap"))
    assert (tier.name, tier.about["bubblewrap"][0].isdigit()) == ("bubblewrap", True)
    assert (folder / "started").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="of root alone")
def test_root_never_runs_a_program() -> None:
    assert unprivileged_user(3) not in (None, 0)
