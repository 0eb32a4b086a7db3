"""Looks at what runs jobs: Slurm, containers, and the cluster config that was named."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from northstar.config.cluster import LOCAL, Cluster
from northstar.core.errors import NorthstarError, did_you_mean
from northstar.core.text import counted
from northstar.doctor.check import Check, State
from northstar.doctor.command import answer
from northstar.executors.slurm.slurm import Slurm

RUNTIMES = {
    "podman": ["podman", "--version"],
    "docker": ["docker", "version", "--format", "{{.Server.Version}}"],
    "apptainer": ["apptainer", "--version"],
    "enroot": ["enroot", "version"],
}
"""What runs containers → the command by which it answers; docker's asks its service."""


def slurm(seconds: float, cluster: Cluster) -> list[Check]:
    """Return the partitions of Slurm, where this machine has it, and whether they fit the cluster config."""
    if shutil.which("sinfo") is None:
        if cluster.executor == "slurm":
            text = f"sinfo is not here, but {cluster.name} runs its jobs on Slurm"
            todo = f"Run this on its login node, or let {cluster.file} name it: ssh_tunnel."
            return [Check("slurm", "fail", text, todo)]
        return [Check("slurm", "ok", "not on this machine; --cluster=NAME reaches one by ssh")]
    asked = Slurm(seconds / 2)
    try:
        partitions = asked.partitions()
        gpus = asked.gpus_per_node(None)
    except NorthstarError as error:
        state: State = "fail" if cluster.executor == "slurm" else "warn"  # its commands may be here without a cluster
        return [Check("slurm", state, str(error), "Ask the cluster's administrators whether its controller is down.")]
    details = {"partitions": partitions, "gpus_per_node": gpus}
    shown = ", ".join(f"{name} ({limit})" for name, limit in partitions.items())
    has = f"; up to {counted(gpus, 'GPU')} a node" if gpus else ""
    text = f"answers; partitions with their time limits: {shown or 'none'}{has}"
    named = [name for name in (cluster.partition, cluster.cpu_partition) if name and name not in partitions]
    if named:
        todo = f"Correct {cluster.file}: ns setup --check --cluster={cluster.name}"
        lacking = f"{cluster.name} names partition '{named[0]}', which is not there."
        return [Check("slurm", "fail", f"{lacking}{did_you_mean(named[0], partitions)}", todo, details)]
    return [Check("slurm", "ok", text, "", details)]


def containers(seconds: float) -> list[Check]:
    """Return the programs of this machine that run containers."""
    versions: dict[str, str] = {}
    wrong: list[str] = []
    there = [name for name in RUNTIMES if shutil.which(name)]
    for name in there:
        try:
            said = answer(RUNTIMES[name], seconds / len(there)).split()
            versions[name] = said[-1] if said else "?"
        except NorthstarError as error:
            wrong.append(str(error))
    details = {"runtimes": versions}
    found = ", ".join(f"{name} {version}" for name, version in versions.items())
    if wrong:
        text = f"{found}; {'; '.join(wrong)}" if found else "; ".join(wrong)
        return [Check("containers", "warn", text, "Start its service, or install podman, which needs none.", details)]
    if not found:
        return [Check("containers", "ok", "nothing runs them here; only `containers:` of a cluster config needs it")]
    return [Check("containers", "ok", found, "", details)]


def config(cluster: Cluster, files: dict[str, Path]) -> list[Check]:
    """Return which cluster config is looked at, and which others there are. files: name → file."""
    names: Sequence[str] = list(files)
    details = {"cluster": cluster.name, "file": str(cluster.file) if cluster.file else None, "configs": names}
    others = f"; configs: {', '.join(names)}" if names else ""
    if cluster.file is None:
        todo = "" if names else "ns setup writes the config of a cluster."
        return [Check("cluster", "ok", f"{LOCAL}: this machine{others}", todo, details)]
    todo = f"ns setup --check --cluster={cluster.name} tries every entry"
    return [Check("cluster", "ok", f"{cluster.name} ({cluster.executor}), {cluster.file}{others}", todo, details)]
