"""Finds out which tiers of isolation work on this machine, by running a program that tries to escape from each."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from northstar.core.errors import NorthstarError, UsageError, did_you_mean
from northstar.sandbox.launch import (
    Interpreter,
    find_bubblewrap,
    library_folders,
    this_interpreter,
    unprivileged_user,
)
from northstar.sandbox.program import Limits, Program, Setup
from northstar.sandbox.sandbox import Sandbox

TIERS = ("bubblewrap", "landlock")
"""Strongest first."""
CHOICES = ("auto", *TIERS, "unsafe")

DESCRIPTIONS = {
    "bubblewrap": "bubblewrap: namespaces of its own, a system that can't be written to, seccomp and limits",
    "landlock": "Landlock, seccomp and limits; no namespaces",
    "unsafe": "no sandbox, with your own rights",
}

_PROBE = """
import colorsys, json, os, socket, sys
home, shown, parent, outside = json.loads(input())
escapes = []
def attempt(what, do):
    try:
        do()
    except OSError:
        return
    escapes.append(what)
def read_home():
    if set(os.listdir(home)) - set(shown):
        escapes.append("reading " + home)
try:
    read_home()
except OSError:
    pass
attempt("writing to " + outside, lambda: open(outside, "w"))
attempt("making a socket", lambda: socket.socket())
if parent != os.getpid():  # in a container Northstar may be process 1, as a program in its own namespace is
    attempt("signalling Northstar", lambda: os.kill(parent, 0))
attempt("starting a process", lambda: os.fork() or os._exit(0))
open("mine", "w").write("x")
print(json.dumps([open("mine").read(), escapes]))
"""


@dataclass(frozen=True)
class Tier:
    """A tier that works here.

    Attributes:
        interpreter: The Python that its programs run in.
        about: Its description in run.json.
        refused: Why each stronger tier does not work.
        lacks: Packages that programs should be able to import, but that are missing or broken.
    """

    name: str
    interpreter: Interpreter
    about: dict[str, Any]
    refused: Sequence[str] = ()
    lacks: Sequence[str] = ()

    @property
    def description(self) -> str:
        """A description of the tier for users."""
        python = f"{DESCRIPTIONS[self.name]} (Python {self.about['python']})"
        return "; ".join([python, *(f"not in {reason}" for reason in self.refused)])


def check_choice(choice: str) -> None:
    """Raise UsageError for an unknown value of --sandbox."""
    if choice not in CHOICES:
        raise UsageError(
            f"unknown --sandbox='{choice}'.{did_you_mean(choice, CHOICES)} Choose from {', '.join(CHOICES)}."
        )


async def choose(choice: str, interpreter: Interpreter | None = None, packages: Sequence[str] = ()) -> Tier:
    """Return the strongest tier that works, or the one that `choice` names.

    Args:
        choice: One of CHOICES.
        interpreter: The Python to run programs in; by default Northstar's own, with only the standard library.
        packages: Packages that programs should be able to import.

    Raises:
        NorthstarError: No tier works, or the chosen one does not.
    """
    wanted = interpreter or this_interpreter()
    if choice == "unsafe":
        return await _tier("unsafe", wanted, packages)
    reasons: list[str] = []
    for name in TIERS if choice == "auto" else (choice,):
        for python in _usable(name, wanted):
            reason = await why_not(name, python)
            if reason is None:
                return await _tier(name, python, packages, tuple(reasons))
            reasons.append(f"{name}: {reason}")
    remedy = "Fix one of these" if choice == "auto" else "Leave out --sandbox to try the other tier too"
    raise NorthstarError(
        f"cannot isolate programs that a model wrote ({'; '.join(reasons)}). {remedy}, or set --sandbox=unsafe to run "
        "them with your own rights."
    )


async def why_not(tier: str, interpreter: Interpreter) -> str | None:
    """Return None if the tier confines a program that tries to escape, else a short reason."""
    if tier == "bubblewrap" and find_bubblewrap() is None:
        return "bwrap is not installed (apt install bubblewrap, or dnf install bubblewrap)"
    if tier == "landlock" and (folder := closed_folder(interpreter)) is not None:
        opened = shlex.join(["chmod", "o+x", str(folder)])
        return f"programs run as a user other than root, who can't enter {folder}, where their Python is ({opened})"
    home = Path(os.path.expanduser("~")).absolute()  # noqa: PTH111  a user may have no home
    home = Path("/root") if home == Path("/") else home  # for unnamed users of containers
    outside = f"/var/tmp/northstar-escape-{os.getpid()}"
    # If the interpreter or its libraries are in the home, the folders on the way to them are visible.
    folders = [folder for folder in (*interpreter.folders, *library_folders()) if folder.is_relative_to(home)]
    shown = [folder.relative_to(home).parts[:1] for folder in folders]
    probe_input = json.dumps([str(home), sum(shown, ()), os.getpid(), outside]).encode()
    try:
        async with Sandbox(tier, 1, interpreter) as sandbox:
            outcome = await sandbox.run(Program(code=_PROBE), probe_input, Limits(cpu_seconds=20, wall_seconds=60))
    except NorthstarError as error:
        return str(error).partition("did not start: ")[2].rstrip(".") or str(error)
    finally:
        Path(outside).unlink(missing_ok=True)
    try:
        own, escapes = json.loads(outcome.output)
    except ValueError:
        return outcome.error or f"the test program ended with {outcome.status}"
    if own != "x" or escapes:
        return f"it did not stop a program from {', '.join(map(str, escapes)) or 'losing its own file'}"
    return None


def closed_folder(interpreter: Interpreter) -> Path | None:
    """Return the first folder on the way to the interpreter that only its owner can enter, if root changes users."""
    if unprivileged_user(0) is None:
        return None
    for place in (interpreter.python, *interpreter.folders):
        for folder in reversed(place.parents):
            if not folder.stat().st_mode & 0o001:
                return folder
    return None


def _usable(tier: str, wanted: Interpreter) -> Sequence[Interpreter]:
    """Return the interpreters to try: the system's own if root changes to a user that cannot read the wanted one."""
    if tier != "landlock" or closed_folder(wanted) is None or not wanted.isolated:
        return [wanted]
    system = _system_interpreter()
    return [wanted] if system is None else [system]


def _system_interpreter() -> Interpreter | None:
    python = Path("/usr/bin/python3")
    try:
        code = "import sys; print(*sys.version_info[:2])"
        stdout = subprocess.run(
            [python, "-I", "-c", code], capture_output=True, text=True, timeout=60, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    version = tuple(map(int, stdout.split()))
    return Interpreter(python, (Path("/usr"),), isolated=True) if version >= sys.version_info[:2] else None


async def _tier(name: str, interpreter: Interpreter, packages: Sequence[str], refused: Sequence[str] = ()) -> Tier:
    async with Sandbox(name, 1, interpreter) as sandbox:
        details = await sandbox.about(Setup(modules=tuple(packages)))
    about = {"tier": name, "python": details["python"], "interpreter": str(interpreter.python)}
    if name == "bubblewrap":
        about["bubblewrap"] = _version_of_bubblewrap()
    if name == "landlock":
        about["landlock"] = details["landlock"]
    return Tier(name, interpreter, about, refused, [name for name in packages if name not in details["loaded"]])


def _version_of_bubblewrap() -> str:
    stdout = subprocess.run([str(find_bubblewrap()), "--version"], capture_output=True, text=True).stdout
    return stdout.split()[-1] if stdout else "?"
