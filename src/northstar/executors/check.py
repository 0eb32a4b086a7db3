"""Tries a cluster config: is what it names really there? One finding a question, in words for a person."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from northstar.config.cluster import Cluster, is_time
from northstar.config.options.jobs import JobOptions
from northstar.config.plan import ServerPlan
from northstar.core.errors import NorthstarError, did_you_mean
from northstar.core.text import counted
from northstar.executors.code import NEEDED
from northstar.executors.containers.contained import find_engine
from northstar.executors.slurm.slurm import Slurm
from northstar.executors.slurm.slurm_job import limit_seconds, sbatch_options
from northstar.jobs.arrangement import Arranged
from northstar.jobs.job import Job, JobShard

SECONDS = 60.0
_SHOWN = ("account", "partition", "time", "gpus-per-node", "cpus-per-task")
"""What a config says of each job, by sbatch's names."""


@dataclass(frozen=True)
class Finding:
    """ok: True or False, or None where it can't be told from here."""

    ok: bool | None
    text: str


def check_cluster(cluster: Cluster) -> Iterator[Finding]:
    """Everything that the config says, tried one after the other."""
    yield from _environment(cluster)
    if cluster.executor == "slurm":
        yield from _slurm(cluster, Slurm())
    elif cluster.gpus_per_node:
        yield _gpus_here(cluster.gpus_per_node)
    yield from _mounts(cluster)
    yield from _interpreters(cluster)
    if cluster.containers:
        yield from _containers(cluster)


def _environment(cluster: Cluster) -> Iterator[Finding]:
    if cluster.required_env_vars:
        yield _tried(
            f"required_env_vars are set: {', '.join(word.partition('=')[0] for word in cluster.required_env_vars)}",
            cluster.environment,
        )


def _slurm(cluster: Cluster, slurm: Slurm) -> Iterator[Finding]:
    try:
        partitions = slurm.partitions()
    except NorthstarError as error:
        yield Finding(False, str(error))
        return
    yield Finding(True, f"Slurm answers; its partitions: {', '.join(partitions)}")
    named = [(key, name) for key in ("partition", "cpu_partition") if (name := getattr(cluster, key)) is not None]
    named += [("timeouts", name) for name in cluster.timeouts if name]
    for key, name in named:
        if name not in partitions:
            yield Finding(False, f"{key}: there is no partition '{name}'.{did_you_mean(name, partitions)}")
    for name in dict.fromkeys(name for _, name in named if name in partitions):
        limit, most = cluster.time_limit(name), partitions[name]
        if limit is not None and is_time(most) and limit_seconds(limit) > limit_seconds(most):
            yield Finding(False, f"timeouts: {limit} is more than partition {name} gives a job, {most}")
    if cluster.partition is None or cluster.partition in partitions:
        yield _gpus(cluster, slurm.gpus_per_node(cluster.partition))
        server = ServerPlan(type="generic", gpus=cluster.gpus_per_node)
        yield _taken(cluster, slurm, "a job that starts a server", server)
    if cluster.cpu_partition in partitions:
        yield _taken(cluster, slurm, "a job that starts none", None)


def _taken(cluster: Cluster, slurm: Slurm, what: str, server: ServerPlan | None) -> Finding:
    """Whether sbatch would take such a job."""
    shard = JobShard(benchmark="check", stem="output", rows=1)
    arranged = Arranged(job=Job(name="check"), shards=(shard,), server=server)
    told = sbatch_options(arranged, cluster, Path("/"), JobOptions(), expname="check", depends="")
    shown = ", ".join(f"{name} {value}" for name, value in told if name in _SHOWN)
    job = f"{what}{f' ({shown})' if shown else ''}"
    try:
        slurm.would_take(told)
    except NorthstarError as error:
        return Finding(False, f"Slurm would refuse {job}: {error}")
    return Finding(True, f"Slurm would take {job}")


def _gpus(cluster: Cluster, there: int | None) -> Finding:
    where = f"a node of partition {cluster.partition}" if cluster.partition else "a node"
    if there is None:
        wrong = bool(cluster.gpus_per_node)
        return Finding(False if wrong else None, f"Slurm knows of no GPUs on {where}")
    has = f"{where} has {counted(there, 'GPU')}"
    if cluster.gpus_per_node is None:
        return Finding(None, f"{has}; gpus_per_node: {there} would have --server_gpus checked")
    if cluster.gpus_per_node > there:
        return Finding(False, f"gpus_per_node is {cluster.gpus_per_node}, but {where} has {there} at most")
    return Finding(True, has)


def _gpus_here(wanted: int) -> Finding:
    try:
        done = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, timeout=SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return Finding(False, f"gpus_per_node is {wanted}, but nvidia-smi, which would tell, is not here")
    there = sum(line.startswith("GPU ") for line in done.stdout.splitlines())
    fits = there >= wanted
    has = f"this machine has {counted(there, 'GPU')}"
    return Finding(fits, has if fits else f"gpus_per_node is {wanted}, but {has}")


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
        yield _run(f"interpreters: {name}: {program}", [program, "-c", code])
    if "northstar" not in cluster.interpreters and cluster.image("northstar") is None:
        yield Finding(True, f"the worker's interpreter: {sys.executable}")


def _containers(cluster: Cluster) -> Iterator[Finding]:
    runtime = cluster.container_runtime or ("pyxis" if cluster.executor == "slurm" else None)
    if runtime == "pyxis":
        yield _says("pyxis: srun knows --container-image", ["srun", "--help"], "--container-image")
    elif runtime == "apptainer":
        there = shutil.which("apptainer") is not None
        yield Finding(True if there else None, f"apptainer is {'' if there else 'not '}here; the nodes must have it")
    else:
        yield _tried_engine(cluster)
    for name, image in cluster.containers.items():
        if image.startswith(("/", "./", "../")):
            there = Path(image).exists()
            yield Finding(there, f"containers: {name}: {image}{'' if there else ' is not there'}")
        else:
            yield Finding(None, f"containers: {name}: {image} is no file; whether it can be pulled is not tried")


def _tried_engine(cluster: Cluster) -> Finding:
    try:
        return _run(f"{find_engine(cluster)} answers", [find_engine(cluster), "version"])
    except NorthstarError as error:
        return Finding(False, str(error))


def _tried(text: str, call: Callable[[], object]) -> Finding:
    try:
        call()
    except NorthstarError as error:
        return Finding(False, str(error))
    return Finding(True, text)


def _run(text: str, words: list[str]) -> Finding:
    try:
        done = subprocess.run(words, capture_output=True, text=True, errors="replace", timeout=SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        return Finding(False, f"{text}: {getattr(error, 'strerror', None) or 'no answer'}")
    last = (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
    return Finding(done.returncode == 0, text if done.returncode == 0 else f"{text}: {last}")


def _says(text: str, words: list[str], wanted: str) -> Finding:
    try:
        done = subprocess.run(words, capture_output=True, text=True, errors="replace", timeout=SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return Finding(False, f"{text}: there is no {words[0]}")
    ok = wanted in done.stdout + done.stderr
    return Finding(ok, text if ok else f"{text.replace('knows', 'does not know')}; is the plugin installed?")
