"""Writes the script of a shell, and has the shell read it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

from northstar.core.errors import NorthstarError, UsageError, did_you_mean

SHELLS = ("bash", "zsh", "fish")
ASK = "auto"
"""In place of a shell's name: the one that runs this command."""


def script(shell: str) -> str:
    """Return what a shell reads to complete ns. Raises UsageError."""
    return resources.files("northstar.cli.completion.scripts").joinpath(f"ns.{_named(shell)}").read_text()


def install(shell: str, environment: Mapping[str, str] = os.environ) -> str:
    """Write the script where the shell finds it; return a sentence for the user. Raises UsageError.

    bash and zsh read it by a line that is added to their startup file, once; fish looks in a folder of its own.
    """
    shell = _named(shell)
    home = Path(environment.get("HOME") or Path.home())
    config = Path(environment.get("XDG_CONFIG_HOME") or home / ".config")
    file = config / "fish" / "completions" / "ns.fish" if shell == "fish" else config / "northstar" / f"ns.{shell}"
    startup = {"bash": home / ".bashrc", "zsh": Path(environment.get("ZDOTDIR") or home) / ".zshrc"}.get(shell)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(script(shell))
        if startup is not None:
            line = f"source '{file}'  # completion of ns"
            there = startup.read_text() if startup.exists() else ""
            if line not in there.splitlines():
                gap = "" if not there or there.endswith("\n") else "\n"
                with startup.open("a") as out:
                    out.write(f"{gap}{line}\n")
    except OSError as error:
        raise NorthstarError(f"cannot write {error.filename}: {error.strerror}.") from None
    read = f", which {startup} reads" if startup is not None else ""
    return f"{shell} completes ns from its next start on: {file}{read}."


def _named(shell: str) -> str:
    if shell == ASK:
        return _running() or _of_login()
    if shell not in SHELLS:
        raise UsageError(
            f"there is no completion for '{shell}'.{did_you_mean(shell, SHELLS)} It may be bash, zsh, fish."
        )
    return shell


def _running() -> str:
    """Return the shell among the processes that this one descends from; '' if there is none, or no /proc."""
    number = os.getppid()
    for _ in range(20):
        try:
            after_name = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
            name = Path(f"/proc/{number}/comm").read_text().strip().lstrip("-")
        except OSError:
            return ""
        if name in SHELLS:
            return name
        number = int(after_name[1])
    return ""


def _of_login() -> str:
    name = Path(os.environ.get("SHELL", "")).name
    if name in SHELLS:
        return name
    raise UsageError("which shell is this? Write ns --install-completion=bash (or zsh, fish).")
