"""Chooses the executor of a cluster.

An executor is a folder beside this file whose module `executor` defines EXECUTOR (see jobs.executor.ExecutorKind);
cluster configs call it by the folder's name.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path

from northstar.config.cluster import Cluster
from northstar.core.errors import UsageError, did_you_mean
from northstar.jobs.executor import Executor, ExecutorKind

Executors = Callable[[str], Executor]
"""Returns the executor of a name, for jobs on record."""


def executor_names() -> list[str]:
    """Return the valid values of `executor:` in a cluster config."""
    return sorted(file.parent.name for file in Path(__file__).parent.glob("*/executor.py"))


def executor_kind(name: str, file: Path | None = None) -> ExecutorKind:
    """Return the executor kind of a name. file: the config that names it. Raises UsageError for an unknown name."""
    names = executor_names()
    if name not in names:
        where = f"{file}: " if file is not None else ""
        raise UsageError(f"{where}executor must be {' or '.join(names)}, not '{name}'.{did_you_mean(name, names)}")
    module = importlib.import_module(f"northstar.executors.{name}.executor")
    kind = getattr(module, "EXECUTOR", None)
    if not isinstance(kind, ExecutorKind):
        raise UsageError(f"{module.__file__} does not define EXECUTOR = ExecutorKind(…).")
    return kind


def executor_of(cluster: Cluster) -> Executor:
    """Return the executor of a cluster. Raises UsageError for a config that does not fit it."""
    return executor_kind(cluster.executor, cluster.file).of(cluster)


def executor_named(name: str) -> Executor:
    """Return the executor of recorded jobs, without a cluster config. Raises UsageError for an unknown name."""
    return executor_kind(name).of(Cluster(executor=name))
