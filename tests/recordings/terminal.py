"""Runs the lines of a recorded command in a folder of its own, against mock servers, and says all that came of it."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tests.mock_server import FAULTS, Behaviour, MockServer, serving
from tests.recordings.answers import PLAIN
from tests.recordings.files import shown_files
from tests.recordings.masks import ROOT, mask_output
from tests.recordings.rows import write_configs, write_rows

SECONDS = 120.0
STAND_INS = Path(__file__).parent / "stand_ins"
SLURM = ("sbatch", "squeue", "scancel", "sinfo", "sacct", "scontrol", "srun", "run_jobs")
COLUMNS = 1000
"""So wide that nothing is wrapped, however long the paths are."""


@dataclass(frozen=True)
class Stopped:
    """A line that gets a signal once the server has given so many answers, and a file of this pattern is there.

    The next request is left without an answer.
    """

    line: str
    answers: int
    signal: signal.Signals
    file: str = ""


Step = str | Behaviour | Stopped
"""A line of shell, or how the model's server behaves from there on, or a line that is stopped in its middle."""


@dataclass(frozen=True)
class Command:
    """Steps, one after the other, in one folder.

    server, judge: how those at $SERVER and $JUDGE behave. shown: patterns of written files whose content is recorded;
    of the others only the names are. plans: whether run.json is recorded with the plans of its runs.
    """

    name: str
    steps: Sequence[Step]
    server: Behaviour = PLAIN
    judge: Behaviour = PLAIN
    shown: Sequence[str] = ()
    plans: bool = False


def record(command: Command) -> str:
    """What the command's lines print and write, masked."""
    with _temporary_folder() as folder, _running(command.server, command.judge) as (server, judge):
        environment = _prepare(folder) | {"SERVER": server.address, "JUDGE": judge.address}
        said = [_run(step, folder, environment, server) for step in command.steps]
        return "\n".join(filter(None, [*said, *shown_files(folder, command.shown, plans=command.plans)]))


def _run(step: Step, folder: Path, environment: dict[str, str], server: MockServer) -> str:
    if isinstance(step, Behaviour):
        server.behaviour, server.arrived = step, 0
        return ""
    if isinstance(step, str):
        return _shown(step, "", *_process(step, folder, environment), folder)
    before = server.behaviour
    server.behaviour, server.arrived = replace(before, first=(None,) * step.answers, always=FAULTS["hang"]), 0

    def stop(process: subprocess.Popen[bytes]) -> None:
        def is_there() -> bool:
            return server.arrived > step.answers and (not step.file or any((folder / "here").glob(step.file)))

        _wait_for(lambda: is_there() or process.poll() is not None)
        process.send_signal(step.signal)

    ended = _process(step.line, folder, environment, stop)
    server.behaviour, server.arrived = before, 0
    return _shown(step.line, f"(gets {step.signal.name} after {step.answers} answers)\n", *ended, folder)


def _process(
    line: str,
    folder: Path,
    environment: dict[str, str],
    meanwhile: Callable[[subprocess.Popen[bytes]], None] = lambda _: None,
) -> tuple[int, bytes, bytes]:
    """Its exit status, stdout and stderr."""
    words = ["bash", "-o", "pipefail", "-c", line]
    with subprocess.Popen(
        words,
        cwd=folder / "here",
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        try:
            meanwhile(process)
            stdout, stderr = process.communicate(timeout=SECONDS)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)  # with all that the line has started
            raise
    return process.returncode, stdout, stderr


def _shown(line: str, remark: str, status: int, stdout: bytes, stderr: bytes, folder: Path) -> str:
    parts = [f"$ {line}\n{remark}"]
    for name, said in (("stdout", stdout), ("stderr", stderr)):
        text = mask_output(said.decode(errors="backslashreplace"), folder, killed=status == -signal.SIGKILL)
        parts.append(f"--- {name}\n{text}" if text else "")
    return "".join(parts) + f"--- exit {status}\n"


def _wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.01)


@contextmanager
def _temporary_folder() -> Iterator[Path]:
    """A short path, since sockets may lie in it."""
    folder = Path(tempfile.mkdtemp(prefix="ns-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _prepare(folder: Path) -> dict[str, str]:
    """Fill the folder with rows, cluster configs and stand-ins; returns the environment of its commands."""
    for name in ("here", "home", "tmp", "stand_ins/bin"):
        (folder / name).mkdir(parents=True)
    write_rows(folder / "data")
    write_configs(folder / "configs", folder)
    for name, line in _programs(sys.executable).items():
        file = folder / "stand_ins/bin" / name
        file.write_text(f"#!/bin/sh\n{line}\n")
        file.chmod(0o755)
    return {
        "PATH": f"{folder}/stand_ins/bin:/usr/local/bin:/usr/bin:/bin",
        "HOME": f"{folder}/home",
        "TMPDIR": f"{folder}/tmp",
        "TZ": "UTC",
        "LANG": "C.UTF-8",
        "COLUMNS": str(COLUMNS),
        "NORTHSTAR_DATA_DIR": f"{folder}/data",
        "NORTHSTAR_CONFIG_DIR": f"{folder}/configs",
        "NORTHSTAR_SANDBOX_ENV": "/proc/nowhere/sandbox",  # none can be made there, by no network either
        "NORTHSTAR_BFCL_V3_ENV": f"{folder}/bfcl",
        "HF_ENDPOINT": "http://127.0.0.1:9",
        "STAND_INS": f"{folder}/stand_ins",
        "BFCL": str(STAND_INS / "bfcl_eval"),
    }


def _programs(python: str) -> dict[str, str]:
    """What there is besides the system's own programs: name → a line of shell."""
    ns = f"{python} -m northstar"
    ours = f"env PYTHONPATH={ROOT} {python} -m"
    asked = "--model=mock --server_address=$SERVER"
    return {
        **{name: f'exec {python} -I -S {STAND_INS}/slurm.py {name} "$@"' for name in SLURM},
        "docker": f'exec {python} -I -S {STAND_INS}/docker.py "$@"',
        "ssh": f'exec sh {STAND_INS}/ssh.sh "$@"',
        "python3": f'exec {python} "$@"',
        "mock_server": f'exec {ours} tests.mock_server "$@"',
        "ns": f'exec {ns} "$@"',
        "evaluate": f'exec {ns} eval --output_dir=out {asked} "$@"',
        "submit": f'LAB_KEY=k exec {ns} eval --output_dir=/workspace/out --cluster=lab {asked} "$@"',
        "with_hub": _WITH_HUB.format(hub=f"{ours} tests.integration.local_hub"),
        "until_served": _UNTIL_SERVED,
    }


_WITH_HUB = """\
rm -f "$TMPDIR/hub"; {hub} hub > "$TMPDIR/hub" & trap "kill $!" EXIT
until [ -s "$TMPDIR/hub" ]; do sleep 0.05; done
HF_ENDPOINT=$(cat "$TMPDIR/hub") HF_HUB_DISABLE_XET=1 "$@\""""
"""Runs a command while a small hub serves the folder `hub`."""

_UNTIL_SERVED = """\
: > "$TMPDIR/said"; "$@" >> "$TMPDIR/said" 2>&1 &
until grep -q "is served" "$TMPDIR/said" || ! kill -0 $! 2> /dev/null; do sleep 0.05; done
kill $!; wait $!; status=$?
cat "$TMPDIR/said"; exit $status"""
"""Runs `ns server`, and ends it when it serves."""


@contextmanager
def _running(*behaviours: Behaviour) -> Iterator[list[MockServer]]:
    """Mock servers, in a thread of their own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    stack = AsyncExitStack()

    async def start() -> list[MockServer]:
        return [await stack.enter_async_context(serving(each)) for each in behaviours]

    try:
        yield asyncio.run_coroutine_threadsafe(start(), loop).result()
    finally:
        asyncio.run_coroutine_threadsafe(stack.aclose(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
