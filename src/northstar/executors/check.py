"""Checks that everything a cluster config names exists and works."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from northstar.config.cluster import Cluster
from northstar.executors.choice import executor_kind
from northstar.executors.code import NEEDED
from northstar.executors.trying import ran, tried
from northstar.jobs.executor import ExecutorKind, Finding


def check_cluster(cluster: Cluster, kind: ExecutorKind | None = None) -> Iterator[Finding]:
    """Check the config entry by entry. kind: the executor's kind; None finds it by name."""
    kind = kind or executor_kind(cluster.executor, cluster.file)
    kind.of(cluster)
    yield from _environment(cluster)
    yield from kind.findings(cluster)
    yield from _mounts(cluster)
    yield from _interpreters(cluster)
    if cluster.containers:
        yield from kind.runtime(cluster)
        yield from _images(cluster)


def _environment(cluster: Cluster) -> Iterator[Finding]:
    if cluster.required_env_vars:
        yield tried(
            f"required_env_vars are set: {', '.join(entry.partition('=')[0] for entry in cluster.required_env_vars)}",
            cluster.environment,
        )


def _mounts(cluster: Cluster) -> Iterator[Finding]:
    for mount in cluster.mounts:
        folder = Path(mount.host)
        if not folder.is_dir():
            yield Finding(False, f"mounts: there is no folder {mount.host} (for {mount.inside})")
        else:
            writable = mount.readonly or os.access(folder, os.W_OK)
            yield Finding(writable, f"mounts: {mount}{'' if writable else ' can only be read'}")
    if cluster.job_dir is not None:
        there = next(folder for folder in (cluster.job_dir, *cluster.job_dir.parents) if folder.exists())
        ok = os.access(there, os.W_OK)
        yield Finding(ok, f"job_dir: {cluster.job_dir} {'can' if ok else 'cannot'} be written")


def _interpreters(cluster: Cluster) -> Iterator[Finding]:
    for name, program in cluster.interpreters.items():
        if cluster.image(name) is not None:
            yield Finding(None, f"interpreters: {name}: {program} lies in its image")
            continue
        imports = NEEDED if name == "northstar" else {"trtllm": "tensorrt_llm", "llamacpp": "xllamacpp"}.get(name, name)
        code = "import sys" if name == "generic" else f"import {imports}"
        yield ran(f"interpreters: {name}: {program}", [program, "-c", code])
    if "northstar" not in cluster.interpreters and cluster.image("northstar") is None:
        yield Finding(True, f"the worker's interpreter: {sys.executable}")


def _images(cluster: Cluster) -> Iterator[Finding]:
    for name, image in cluster.containers.items():
        if image.startswith(("/", "./", "../")):
            there = Path(image).exists()
            yield Finding(there, f"containers: {name}: {image}{'' if there else ' is not there'}")
        else:
            yield Finding(None, f"containers: {name}: {image} is not a file; whether it can be pulled is not checked")
