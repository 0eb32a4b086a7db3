"""Calls run in processes that are killed and replaced; nothing of them is left behind."""

from __future__ import annotations

import asyncio
import errno
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
import venv
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import pytest

from northstar.compute import pool as compute_pool
from northstar.compute.pool import ComputePool, worker_elsewhere
from northstar.core.errors import NorthstarError
from northstar.sandbox.launch import Interpreter
from northstar.sandbox.tiers import closed_folder
from northstar.task.grader import ComputeError, ComputeLost

FIND = "northstar.graders.extract:extract_by_regex"
HANGS = ("a" * 40 + "b", "(a+)+$")
"""Arguments with which FIND takes for ever."""


def children(parent: int) -> list[int]:
    """The living processes of `parent`; on Linux only."""
    if sys.platform != "linux":
        pytest.skip("counts processes in /proc")
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, owner = stat.read_text().rsplit(")", 1)[1].split()[:2]
        except OSError:
            continue
        if int(owner) == parent and state != "Z":
            found.append(int(stat.parent.name))
    return found


@pytest.fixture(autouse=True)
def _nothing_is_left() -> object:
    yield
    if sys.platform == "linux":
        zombies = [p for p in Path("/proc").glob("[0-9]*/cmdline") if b"northstar.compute.worker" in _read(p)]
        assert [p for p in zombies if _parent(p) == os.getpid()] == []


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def computed() -> float:
    """Seconds of CPU time that processes of the pool had which have ended: however much others have of the machine."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _parent(path: Path) -> int:
    try:
        return int(path.with_name("stat").read_text().rsplit(")", 1)[1].split()[1])
    except OSError:
        return 0


async def found(pool: ComputePool, text: str = "x=5", timeout: float = 30) -> object:
    return await pool.call(FIND, text, r"x=(\d+)", timeout=timeout)


def test_a_call_gives_the_functions_value() -> None:
    async def main() -> None:
        async with ComputePool(2) as pool:
            assert await found(pool) == "5"
            assert await pool.call(FIND, "五\ud800\x00", "(.)\x00", timeout=30) == "\ud800"
            assert await pool.call(FIND, "x", "y", timeout=30) is None

    asyncio.run(main())


def test_no_process_is_started_before_the_first_call_and_one_serves_calls_in_turn() -> None:
    async def main() -> None:
        async with ComputePool(4) as pool:
            assert children(os.getpid()) == []
            for _ in range(20):
                await found(pool)
            assert len(children(os.getpid())) == 1

    asyncio.run(main())


def test_at_most_as_many_calls_at_once_as_there_are_workers() -> None:
    async def main() -> None:
        async with ComputePool(2) as pool:
            assert await asyncio.gather(*(found(pool, f"x={n}") for n in range(200))) == [str(n) for n in range(200)]
            assert len(children(os.getpid())) == 2

    asyncio.run(main())


def test_a_call_beyond_its_time_is_stopped_and_the_pool_goes_on() -> None:
    async def main() -> None:
        async with ComputePool(1) as pool:
            await found(pool)
            with pytest.raises(ComputeError, match=r"^timed out after 0\.3 s$"):
                await pool.call(FIND, *HANGS, timeout=0.3)
            assert await found(pool) == "5"

    before = computed()
    asyncio.run(main())
    assert 0 < computed() - before < 5


def test_neither_the_start_nor_the_wait_counts_as_time() -> None:
    async def main() -> None:
        async with ComputePool(1) as pool:
            slow = asyncio.create_task(pool.call(FIND, *HANGS, timeout=3))
            others = [asyncio.create_task(found(pool, timeout=2.5)) for _ in range(3)]
            assert await asyncio.gather(*others) == ["5"] * 3
            assert isinstance(slow.exception(), ComputeError)

    asyncio.run(main())


def test_one_that_hangs_does_not_hold_up_the_others() -> None:
    async def main() -> None:
        async with ComputePool(2) as pool:
            slow = asyncio.create_task(pool.call(FIND, *HANGS, timeout=60))
            assert await asyncio.gather(*(found(pool) for _ in range(50))) == ["5"] * 50
            slow.cancel()
            with pytest.raises(asyncio.CancelledError):
                await slow
            assert await asyncio.gather(*(found(pool) for _ in range(2))) == ["5", "5"]

    asyncio.run(main())


FAILS_AT_FIRST = """
import os, signal, time
from pathlib import Path
def tried(file, how, times):
    "What a call gives that fails `times` times, in that way, and the number of its tries."
    tries = Path(file).read_text().count("x") + 1 if Path(file).exists() else 1
    Path(file).write_text("x" * tries)
    if tries > times:
        return tries
    if how == "memory":
        raise MemoryError
    if how == "exit":
        os._exit(1)
    os.kill(os.getpid(), getattr(signal, how))
    time.sleep(60)
"""


@pytest.fixture
def tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, int], object]:
    """What such a call gives, in the end."""
    monkeypatch.setattr(compute_pool, "PAUSES", (0, 0))
    file = tmp_path / "beside.py"
    file.write_text(FAILS_AT_FIRST)

    def call(how: str, times: int) -> object:
        async def main() -> object:
            async with ComputePool(1, worker_elsewhere(Path(sys.executable), file, closed=False)) as pool:
                return await pool.call("beside:tried", str(tmp_path / "tries"), how, times, timeout=0.2)

        return asyncio.run(main())

    return call


PASSING = ["SIGKILL", "SIGTERM", pytest.param("SIGSTOP", marks=pytest.mark.slow), "SIGSEGV", "memory", "exit"]


@pytest.mark.parametrize("how", PASSING)
@pytest.mark.parametrize("times", [1, 2])
def test_a_call_whose_process_failed_is_made_again_in_a_fresh_one(
    tried: Callable[[str, int], object], how: str, times: int
) -> None:
    assert tried(how, times) == times + 1


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("SIGKILL", "its process was killed by SIGKILL"),
        ("SIGTERM", "its process was killed by SIGTERM"),
        pytest.param("SIGSTOP", "its process was not given the CPU in 1 s", marks=pytest.mark.slow),
    ],
)
def test_a_call_that_is_lost_each_time_has_no_verdict(
    tried: Callable[[str, int], object], tmp_path: Path, how: str, message: str
) -> None:
    with pytest.raises(ComputeLost, match=f"^{message}$"):
        tried(how, 99)
    assert (tmp_path / "tries").read_text() == "xxx"


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("SIGSEGV", "its process was killed by SIGSEGV"),
        ("exit", "its process ended with status 1"),
        ("memory", "needs more than 4 GiB of memory"),
    ],
)
def test_a_call_that_ends_its_process_itself_each_time_is_an_error(
    tried: Callable[[str, int], object], how: str, message: str
) -> None:
    with pytest.raises(ComputeError, match=f"^{message}$"):
        tried(how, 99)


def test_a_process_killed_while_it_has_nothing_to_do_is_replaced() -> None:
    async def main() -> None:
        async with ComputePool(1) as pool:
            await found(pool)
            [process] = children(os.getpid())
            os.kill(process, signal.SIGKILL)
            assert await found(pool) == "5"

    asyncio.run(main())


@pytest.mark.parametrize("failure", [OSError(errno.EAGAIN, "no"), OSError(errno.ENOMEM, "no"), RuntimeError("thread")])
@pytest.mark.parametrize("times", [1, 2, 3])
def test_a_machine_without_room_for_a_process_is_asked_again(
    monkeypatch: pytest.MonkeyPatch, failure: Exception, times: int
) -> None:
    monkeypatch.setattr(compute_pool, "PAUSES", (0, 0))
    launch, failures = compute_pool._launch, [failure] * times

    async def launched(command: Sequence[str]) -> object:
        if failures:
            raise failures.pop()
        return await launch(command)

    monkeypatch.setattr(compute_pool, "_launch", launched)

    async def main() -> None:
        async with ComputePool(1) as pool:
            if times == 3:
                with pytest.raises(ComputeLost, match="no process could be started"):
                    await found(pool)
            assert await found(pool) == "5"

    asyncio.run(main())


def test_a_lost_call_can_be_an_error_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    async def nothing(_command: Sequence[str]) -> object:
        raise OSError(errno.ENOMEM, "no")

    monkeypatch.setattr(compute_pool, "PAUSES", ())
    monkeypatch.setattr(compute_pool, "_launch", nothing)

    async def main() -> None:
        async with ComputePool(1, lost=ComputeError) as pool:
            await found(pool)

    with pytest.raises(ComputeError):
        asyncio.run(main())


def test_what_is_nested_too_deeply_for_json_fails_its_call_only() -> None:
    nested: list[object] = []
    for _ in range(100_000):
        nested = [nested]

    async def main() -> None:
        async with ComputePool(1) as pool:
            with pytest.raises(ComputeError, match="is nested too deeply"):
                await pool.call(FIND, nested, "a", timeout=30)
            assert await pool.call(FIND, "a", "(a)", timeout=30) == "a"

    asyncio.run(main())


def test_an_exception_is_passed_on_and_the_process_kept() -> None:
    async def main() -> None:
        async with ComputePool(1) as pool:
            with pytest.raises(ComputeError, match="unterminated character set"):
                await pool.call(FIND, "x", "[", timeout=30)
            before = children(os.getpid())
            assert await found(pool) == "5"
            assert children(os.getpid()) == before

    asyncio.run(main())


@pytest.mark.parametrize(
    "function",
    [
        "os:system",
        "northstar.compute.pool:ComputePool",
        "northstar.graders.extract:_TOKEN",
        "northstar.graders.extract:re",
        "x",
    ],
)
def test_only_public_functions_of_the_graders_can_be_called(function: str) -> None:
    async def main() -> None:
        async with ComputePool(1) as pool:
            await pool.call(function, "true", timeout=30)

    with pytest.raises(NorthstarError, match="not a public function"):
        asyncio.run(main())


def test_processes_that_do_not_start_end_the_run_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compute_pool, "_environment", lambda: {"PYTHONHOME": "/nowhere"})

    async def main() -> None:
        async with ComputePool(1) as pool:
            await found(pool)

    with pytest.raises(NorthstarError, match=r"did not start: .*No module named"):
        asyncio.run(main())


@pytest.mark.parametrize("use", [found, ComputePool.start], ids=["call", "start"])
def test_a_process_that_does_not_start_in_time_ends_the_run_at_its_first_try_with_its_last_words(
    monkeypatch: pytest.MonkeyPatch, use: Callable[[ComputePool], Awaitable[object]], tmp_path: Path
) -> None:
    monkeypatch.setattr(compute_pool, "START_SECONDS", 0.5)
    tries = tmp_path / "tries"
    command = ("sh", "-c", f"echo >> {tries}; echo reading sympy from a network disk >&2; exec sleep 60")

    async def main() -> None:
        async with ComputePool(1, command) as pool:
            await use(pool)

    with pytest.raises(NorthstarError, match=r"did not start within 0\.5 s: reading sympy from a network disk$"):
        asyncio.run(main())
    assert tries.read_text() == "\n"


def test_a_process_is_replaced_after_many_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compute_pool, "CALLS_A_PROCESS", 3)

    async def main() -> None:
        async with ComputePool(1) as pool:
            await found(pool)
            first = children(os.getpid())
            assert [await found(pool) for _ in range(4)] == ["5"] * 4
            assert children(os.getpid()) != first

    asyncio.run(main())


def test_leaving_the_pool_stops_what_still_computes() -> None:
    async def main() -> None:
        async with ComputePool(1) as pool:
            call = asyncio.create_task(pool.call(FIND, *HANGS, timeout=60))
            waiting = asyncio.create_task(found(pool))
            await asyncio.sleep(0.5)
        assert children(os.getpid()) == []
        for task in (call, waiting):
            with pytest.raises(ComputeError):
                await task

    before = computed()
    asyncio.run(main())
    assert 0 < computed() - before < 5


def test_secrets_of_the_environment_are_not_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")

    async def main() -> None:
        async with ComputePool(1) as pool:
            await found(pool)
            [process] = children(os.getpid())
            assert b"sk-secret" not in Path(f"/proc/{process}/environ").read_bytes()
            assert os.getsid(process) != os.getsid(0)  # Ctrl-C on the terminal is not for it

    asyncio.run(main())


@pytest.mark.skipif(sys.platform != "linux", reason="uses /proc")
def test_no_process_outlives_a_killed_parent() -> None:
    code = f"""
import asyncio
from northstar.compute.pool import ComputePool, worker_elsewhere
async def main():
    async with ComputePool(1) as pool:
        await pool.call({FIND!r}, "x", "x", timeout=30)
        print("busy", flush=True)
        await pool.call({FIND!r}, *{HANGS!r}, timeout=60)
asyncio.run(main())
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"busy\n"
        time.sleep(0.2)
        [worker] = children(parent.pid)
        parent.kill()
    deadline = time.monotonic() + 60
    while Path(f"/proc/{worker}").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not Path(f"/proc/{worker}").exists()


def test_functions_of_a_file_run_in_another_interpreter_that_knows_nothing_of_northstar(tmp_path: Path) -> None:
    file = tmp_path / "beside.py"
    file.write_text(
        "import sys\n"
        "from json import dumps\n"
        "told = []\n"
        "def prepare():\n    told.append('ready')\n"
        "def add(a, b):\n    return [a + b, told, 'northstar' in sys.modules]\n"
        "def _hidden():\n    return 1\n"
    )

    async def main() -> None:
        base = Path(getattr(sys, "_base_executable", sys.executable))
        async with ComputePool(1, worker_elsewhere(base, file)) as pool:
            assert await pool.call("beside:add", 1, 2, timeout=30) == [3, ["ready"], False]
            for name in ("beside:_hidden", "beside:dumps", "other:add", FIND):
                with pytest.raises(NorthstarError, match=r"not a public function of .*beside\.py"):
                    await pool.call(name, timeout=30)

    asyncio.run(main())


ESCAPES = """
import os, socket, subprocess, sys
def attempts(home, parent, outside):
    tried = {
        "reads the home": lambda: os.listdir(home),
        "reads a file of the machine": lambda: open("/etc/passwd").read(),
        "writes": lambda: open(outside, "w"),
        "makes a socket": lambda: socket.socket(),
        "signals": lambda: os.kill(parent, 0),
        "starts a process": lambda: subprocess.run(["true"]),
        "becomes root again": lambda: os.setuid(0),
    }
    done = []
    for what, do in tried.items():
        try:
            do()
            done.append(what)
        except OSError:
            pass
    return done
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the walls are Linux's")
def test_a_worker_elsewhere_gives_up_files_network_processes_and_rights(tmp_path: Path) -> None:
    file = tmp_path / "beside.py"
    file.write_text(ESCAPES)
    base = Path(getattr(sys, "_base_executable", sys.executable))
    given = (str(Path.home()), os.getpid(), str(tmp_path / "escaped"))

    async def main(closed: bool) -> object:
        async with ComputePool(1, worker_elsewhere(base, file, closed=closed)) as pool:
            return await pool.call("beside:attempts", *given, timeout=30)

    assert asyncio.run(main(True)) == []
    assert len(asyncio.run(main(False))) >= 6  # type: ignore[arg-type]


IMPORTS_LATE = """
import importlib
def imported(names):
    return [importlib.import_module(name).__name__ for name in names]
"""
LATE = ["_strptime", "colorsys", "_lsprof", "encodings.cp1250"]
"""What nothing has loaded before: modules in Python and in C, and a codec."""


@pytest.fixture
def only_owners_python(tmp_path: Path) -> Path:
    """An interpreter below a folder that nobody but its owner can enter, with a module of its own."""
    home = tmp_path / "home"
    venv.create(home / "environment", symlinks=True)
    [packages] = (home / "environment").glob("lib/python3*/site-packages")
    (packages / "of_the_environment.py").touch()
    home.chmod(0o700)
    return home / "environment/bin/python"


@pytest.mark.skipif(sys.platform != "linux", reason="the walls are Linux's")
def test_a_worker_that_has_closed_itself_in_still_imports_what_is_imported_late(
    tmp_path: Path, only_owners_python: Path
) -> None:
    file = tmp_path / "beside.py"
    file.write_text(IMPORTS_LATE)
    late = [*LATE, "of_the_environment"]

    async def main() -> object:
        async with ComputePool(1, worker_elsewhere(only_owners_python, file)) as pool:
            return await pool.call("beside:imported", late, timeout=30)

    assert asyncio.run(main()) == late


def worker_without_landlock(folder: Path) -> Path:
    """A copy of the worker for a system that has none."""
    source = Path(compute_pool.__file__).parents[1]
    shutil.copytree(source / "sandbox/inside", folder / "sandbox/inside")
    shutil.copytree(source / "compute", folder / "compute")
    landlock = folder / "sandbox/inside/landlock.py"
    landlock.write_text(landlock.read_text() + "\n\ndef version() -> int:\n    return 0\n")
    return folder / "compute/worker.py"


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="root becomes another user")
def test_a_worker_that_could_import_nothing_late_does_not_start_and_says_what_to_do(tmp_path: Path) -> None:
    base = Path(getattr(sys, "_base_executable", sys.executable))
    if closed_folder(Interpreter(base, (Path(sys.base_prefix),), isolated=True)) is None:
        pytest.skip(f"EVERYBODY CAN READ {base}: nothing to refuse")
    file = tmp_path / "beside.py"
    file.write_text(IMPORTS_LATE)
    command = (str(base), "-I", str(worker_without_landlock(tmp_path / "copy")), str(file), "closed:64400")

    async def main() -> None:
        async with ComputePool(1, command) as pool:
            await pool.call("beside:imported", LATE, timeout=30)

    with pytest.raises(
        NorthstarError, match=r"did not start: the closed process can no longer read .*chmod.*--sandbox="
    ):
        asyncio.run(main())
