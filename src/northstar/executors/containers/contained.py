"""Runs jobs on this machine in containers, with the docker or podman command."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType

from northstar.config.cluster import Cluster
from northstar.config.plan import ServerPlan
from northstar.core.errors import NorthstarError
from northstar.executors.containers.containers import Inside, engine_command
from northstar.executors.local.local import Stopped
from northstar.executors.local.run_job import run_job, work_of
from northstar.executors.placement import WORKER, Placement
from northstar.jobs.arrangement import Arranged
from northstar.jobs.executor import Watch
from northstar.jobs.job import write_job
from northstar.progress.progress_file import read_progress
from northstar.servers.hosting.devices import VARIABLE, visible_devices
from northstar.servers.hosting.step_process import ENDED, LOG
from northstar.servers.openai import key_variables

ENGINES = ("podman", "docker")
END_SECONDS = 60.0
ENDINGS = ("done", "samples left open", "limit reached")
"""The endings of a worker that ran to its end."""


def run_contained(arranged: Arranged, placement: Placement, watch: Watch | None) -> None:
    """Run one job: its server and worker each in its container, or on the host if it has none.

    Raises:
        NorthstarError: The job failed.
        Stopped: A signal stopped it.
    """
    folder = placement.folder
    job = placement.placed(arranged.job, arranged.server)
    write_job(folder, job)
    (folder / "server").mkdir(exist_ok=True)
    environment = placement.cluster.environment()
    engine = find_engine(placement.cluster)
    with _server_step(arranged.server, placement, engine, environment):
        inside = placement.inside(WORKER)
        if inside is None:
            run_job(work_of(job), lambda _: folder, watch)
        else:
            _run_worker(inside, placement, engine, environment)


def find_engine(cluster: Cluster) -> str:
    """Return the program that runs containers on this machine. Raises NorthstarError if there is none."""
    wanted = (cluster.container_runtime,) if cluster.container_runtime else ENGINES
    found = next((engine for engine in wanted if shutil.which(engine)), None)
    if found is None:
        raise NorthstarError(
            f"cluster {cluster.name} runs {', '.join(cluster.containers)} in containers, but there is no "
            f"{' or '.join(wanted)} here."
        )
    return found


@contextmanager
def _server_step(
    server: ServerPlan | None, placement: Placement, engine: str, environment: Mapping[str, str]
) -> Iterator[None]:
    """Keep the server's step running within the context.

    It ends with this process, even on kill -9: its standard input closes then.
    """
    if server is None:
        yield
        return
    folder, name = placement.folder / "server", _name("server")
    for old in (*folder.glob("rank-*.json"), folder / ENDED):
        old.unlink(missing_ok=True)
    command = [*placement.step_command(server), "--until-eof"]
    inside = placement.inside(server.type, gpus=bool(server.gpus))
    if inside is not None:
        command = _engine(engine, inside, command, name, environment, gpus=_gpus(server))
    noting = ["sh", "-c", '"$@"; echo "status $?" > "$0"', str(folder / ENDED), *command]
    with (folder / LOG).open("ab") as log:
        step = subprocess.Popen(
            noting, stdin=subprocess.PIPE, stdout=log, stderr=log, env={**os.environ, **environment}, process_group=0
        )
    try:
        yield
    finally:
        assert step.stdin is not None
        step.stdin.close()
        try:
            step.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            step.kill()
            step.wait()
        if inside is not None:
            _remove(engine, name)


def _run_worker(inside: Inside, placement: Placement, engine: str, environment: Mapping[str, str]) -> None:
    """Run the worker in the foreground. Its progress file says how it ended: engines' exit codes can't be trusted."""
    name = _name("worker")
    keys = {*key_variables(), "HF_TOKEN"}
    given = {**environment, **{key: os.environ[key] for key in keys if key in os.environ}}
    command = _engine(engine, inside, [*placement.worker_command(), "--until-eof"], name, given)
    stopped: list[signal.Signals] = []
    worker = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, env={**os.environ, **given}, process_group=0
    )
    assert worker.stdin is not None

    def stop(number: int, _: FrameType | None) -> None:
        stopped.append(signal.Signals(number))
        assert worker.stdin is not None
        worker.stdin.close()  # stops it gracefully

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        status = worker.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        worker.stdin.close()
        _remove(engine, name)
    progress = read_progress(placement.folder)
    if stopped:
        raise Stopped(f"stopped by {stopped[0].name}.")
    if progress is None or progress.ending not in ENDINGS:
        raise NorthstarError(f"the worker's container ended with status {status}; its output is above.")


def _engine(
    engine: str,
    inside: Inside,
    command: Sequence[str],
    name: str,
    environment: Mapping[str, str],
    gpus: Sequence[str] | None = None,
) -> list[str]:
    user = (os.getuid(), os.getgid())
    return engine_command(engine, inside, command, name=name, environment=environment, user=user, gpus=gpus)


def _gpus(server: ServerPlan) -> list[str]:
    """Return the GPUs of all replicas, among those visible to this process."""
    return [device for each in visible_devices(server) for device in each.get(VARIABLE, "").split(",") if device]


def _name(what: str) -> str:
    return f"northstar-{what}-{os.getpid()}-{secrets.token_hex(3)}"


def _remove(engine: str, name: str) -> None:
    """Remove a container, killing what still runs in it."""
    subprocess.run([engine, "rm", "--force", name], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
