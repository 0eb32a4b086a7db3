"""The program that starts a server: which one, whether it is there, and whether it has what it needs."""

from __future__ import annotations

import asyncio
import importlib.util
import shutil
import sys
from asyncio.subprocess import DEVNULL
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from northstar.config.plan import ServerPlan
from northstar.core.errors import NorthstarError, UsageError
from northstar.servers.arguments.arguments import split_words
from northstar.servers.hosting.step_process import step_path

IMPORT_SECONDS = 60.0
"""For an interpreter to look for a package; on a shared disk the first look takes a while."""
_ABSENT = 47
"""How the look ends where the package isn't there; 1 is how a broken interpreter ends."""


def check_interpreter(plan: ServerPlan) -> None:
    """Raises UsageError for one that isn't on this machine, or can't be run."""
    if plan.python is None or shutil.which(plan.python) is not None:
        return
    path = Path(plan.python)
    wrong = (
        "is a folder; the interpreter of an environment is its bin/python"
        if path.is_dir()
        else "can't be executed"
        if path.exists()
        else "is not there"
    )
    raise UsageError(f"{plan.option('server_python')}={plan.python} {wrong}.")


def program_words(plan: ServerPlan, title: str, package: str, program: Callable[[str], Sequence[str]]) -> list[str]:
    """The words that a command line begins with. title, package, program: as of a ServerSoftware.

    Raises NorthstarError when there is no such program.
    """
    if plan.entrypoint is not None:
        option = plan.option("server_entrypoint")
        words = split_words(plan.entrypoint, option)
        if plan.python is not None:
            words = [plan.python, *words]
    else:
        option = plan.option("server_python")
        words = [*program(plan.python or _python(plan, title, package))]
    if plan.step is not None:
        words = [step_path(word, plan.step) for word in words]
    if not _is_contained(plan) and shutil.which(words[0]) is None:
        raise NorthstarError(f"{option}: there is no program {words[0]}.")
    return words


async def check_package(plan: ServerPlan, title: str, package: str) -> None:
    """Raises NorthstarError when the interpreter that the user names lacks the package. It isn't imported for that."""
    if plan.python is None or plan.entrypoint is not None or not package or _is_contained(plan):
        return
    code = f"import importlib.util, sys; sys.exit({_ABSENT} * (importlib.util.find_spec({package!r}) is None))"
    with suppress(OSError, TimeoutError):  # the server's own start will tell more
        looking = await asyncio.create_subprocess_exec(plan.python, "-c", code, stdout=DEVNULL, stderr=DEVNULL)
        try:
            absent = await asyncio.wait_for(looking.wait(), IMPORT_SECONDS) == _ABSENT
        finally:
            if looking.returncode is None:
                looking.kill()
        if absent:
            raise NorthstarError(
                f"{plan.option('server_python')}={plan.python} can't run {title}: it has no package {package}; name "
                "the interpreter of the environment that has it."
            )


def _python(plan: ServerPlan, title: str, package: str) -> str:
    """This interpreter if it has the package, else the one whose command is on the PATH; in a container its own."""
    if _is_contained(plan):
        return "python3"
    if not package or importlib.util.find_spec(package) is not None:
        return sys.executable
    command = shutil.which(package)
    beside = Path(command).resolve().parent / "python" if command else None
    if beside is not None and beside.exists():
        return str(beside)
    raise NorthstarError(
        f"{title} is not installed beside Northstar; {plan.option('server_python')}=/path/to/venv/bin/python names the "
        "interpreter that has it."
    )


def _is_contained(plan: ServerPlan) -> bool:
    """Whether the server runs in a container, whose programs aren't seen from here."""
    return plan.step is not None and plan.step.contained
