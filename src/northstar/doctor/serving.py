"""Looks for what a model's server needs: GPUs, and the packages of the server types, by interpreter."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from northstar.core.errors import NorthstarError
from northstar.core.text import counted
from northstar.doctor.check import Check
from northstar.doctor.command import answer
from northstar.servers.hosting.devices import VARIABLE, gpu_devices, listed_gpus
from northstar.servers.hosting.hosted import HostedServer
from northstar.servers.hosting.software import ServerSoftware
from northstar.servers.server import find_server_type, own_server_types

_VERSIONS = """
import importlib.util, json, sys
from importlib.metadata import PackageNotFoundError, version
def found(name):
    try:
        return version(name) if importlib.util.find_spec(name) else None
    except PackageNotFoundError:
        return "?"
print(json.dumps({name: found(name) for name in sys.argv[1:]}))
"""
"""Prints the versions of packages without importing them: vLLM takes many seconds."""


def gpus(seconds: float) -> list[Check]:
    """Return the GPUs that this machine shows, and what is wrong with its driver."""
    wrong = ""
    names: list[str] = []
    try:
        names = listed_gpus(seconds)
    except FileNotFoundError:
        pass
    except (OSError, subprocess.TimeoutExpired) as error:
        late = isinstance(error, subprocess.TimeoutExpired)
        wrong = "nvidia-smi does not answer" if late else f"nvidia-smi can't be started: {error}"
    count, how = (len(names), "nvidia-smi") if names else gpu_devices()
    if not names and not wrong and shutil.which("nvidia-smi"):
        wrong = "nvidia-smi lists none"
    visible = os.environ.get(VARIABLE)
    details = {"gpus": count, "names": names, "known_by": how, VARIABLE: visible}
    limited = f"; {VARIABLE}={visible}" if visible is not None else ""
    if wrong:
        shown = f"{counted(count, 'GPU')} ({how}), but " if count else ""
        todo = "Repair the driver; where it answers slowly, keep it loaded: nvidia-smi -pm 1"
        return [Check("gpus", "warn", f"{shown}{wrong}{limited}", todo, details)]
    if count:
        each = ", ".join(f"{number} × {name}" for name, number in Counter(names).items()) or f"{count} ({how})"
        return [Check("gpus", "ok", f"{each}{limited}", "", details)]
    text = f"none ({how}): servers started here run on the CPU; models at an address need none"
    return [Check("gpus", "ok", text, "", details)]


def server_packages(seconds: float, interpreters: Mapping[str, str]) -> list[Check]:
    """Return which server types can be started here, and by which interpreter.

    Args:
        seconds: How long an interpreter may take.
        interpreters: Server type → its Python, by the cluster config.
    """
    software = startable()
    pythons = candidates(software, interpreters)
    packages = [each.package for each in software.values()]
    with ThreadPoolExecutor(len(pythons)) as pool:
        versions = dict(zip(pythons, pool.map(lambda each: _versions(each, packages, seconds), pythons), strict=True))
    found: list[Check] = []
    absent: list[str] = []
    for kind, each in software.items():
        python = next((python for python in pythons if versions[python].get(each.package)), None)
        if python is None:
            absent.append(kind)
            continue
        version = versions[python][each.package]
        details = {"type": kind, "package": each.package, "version": version, "interpreter": python}
        how = "" if python == sys.executable else f" --server_python={python}"
        text = f"{each.title} {version} in {python}: --server_type={kind}{how}"
        found.append(Check("server", "ok", text, "", details))
    if found:
        return found + ([Check("server", "ok", f"not found: {', '.join(absent)}")] if absent else [])
    text = f"none can be started here ({', '.join(absent)}); servers at an address can be asked"
    todo = "pip install xllamacpp, or name the interpreter that has one: --server_python=/path/to/venv/bin/python"
    return [Check("server", "warn", text, todo, {"looked_in": list(pythons)})]


def startable() -> dict[str, ServerSoftware]:
    """Return the server types of which a package starts the server."""
    types = {name: find_server_type(name) for name in own_server_types()}
    software = {name: each.software for name, each in types.items() if isinstance(each, HostedServer)}
    return {name: each for name, each in software.items() if each.package}


def candidates(software: Mapping[str, ServerSoftware], interpreters: Mapping[str, str]) -> list[str]:
    """Return the interpreters to look in: this one, the config's, those beside the servers' commands, the shell's."""
    pythons = [sys.executable, *(python for kind, python in interpreters.items() if kind in software)]
    for package in (*(each.package for each in software.values()), "trtllm-serve"):
        if command := shutil.which(package):
            pythons.append(str(Path(command).resolve().parent / "python"))
    for variable in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        if prefix := os.environ.get(variable):
            pythons.append(str(Path(prefix) / "bin" / "python"))
    pythons += filter(None, [shutil.which("python3")])
    return list(dict.fromkeys(python for python in pythons if shutil.which(python)))


def _versions(python: str, packages: list[str], seconds: float) -> dict[str, str | None]:
    """Return package → version in an interpreter, None where it lacks it; nothing of one that doesn't run."""
    try:
        found: dict[str, str | None] = json.loads(answer([python, "-c", _VERSIONS, *packages], seconds))
    except (NorthstarError, ValueError):
        return {}
    return found
