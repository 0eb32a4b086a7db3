"""A wrong interpreter for a server is told at once, or at the start: missing, no program, without the package."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest

from northstar.config.plan import ServerPlan, ServerStep
from northstar.core.errors import NorthstarError, UsageError
from northstar.servers.hosting.program import check_package
from northstar.servers.server import check_server


def plan(python: str, **options: Any) -> ServerPlan:
    return ServerPlan(**{"type": "vllm", "model": "org/model", "python": python} | options)


def test_one_that_is_not_there_is_a_wrong_option() -> None:
    with pytest.raises(UsageError, match=r"^--server_python=/no/python is not there\.$"):
        check_server(plan("/no/python"), started_here=True)


def test_the_judges_has_its_own_name() -> None:
    with pytest.raises(UsageError, match=r"^--judge_server_python=/no/python is not there\.$"):
        check_server(plan("/no/python", role="judge"), started_here=True)


def test_a_folder_and_a_file_that_is_no_program_are_told(tmp_path: Path) -> None:
    (tmp_path / "python").write_text("")
    with pytest.raises(UsageError, match="is a folder; the interpreter of an environment is its bin/python"):
        check_server(plan(str(tmp_path)), started_here=True)
    with pytest.raises(UsageError, match="/python can't be executed"):
        check_server(plan(f"{tmp_path}/python"), started_here=True)


def test_one_that_lies_elsewhere_is_not_looked_for_here() -> None:
    assert check_server(plan("/no/python"), started_here=False).python == "/no/python"


def check(plan: ServerPlan, package: str) -> None:
    asyncio.run(check_package(plan, "vLLM", package))


def test_one_without_the_package_is_told_in_a_sentence() -> None:
    with pytest.raises(NorthstarError, match=rf"^--server_python={sys.executable} can't run vLLM: it has no package"):
        check(plan(sys.executable), "no_such_package")


def test_one_that_has_the_package_is_taken() -> None:
    check(plan(sys.executable), "json")


@pytest.mark.parametrize(
    "options",
    [{"entrypoint": "/opt/serve.py"}, {"step": ServerStep(folder="/f", logs="/l", code="/c", contained=True)}],
)
def test_what_another_program_needs_or_a_container_holds_is_not_known(options: dict[str, Any]) -> None:
    check(plan(sys.executable, **options), "no_such_package")
