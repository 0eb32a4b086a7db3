"""Programs that hold what nobody sees, and floods of files: bounded in each tier, and nothing of them stays."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import pytest

from northstar.sandbox.program import Limits, Outcome, Program
from northstar.sandbox.sandbox import Sandbox
from northstar.sandbox.tiers import Tier
from tests.integration.hoards import FORKED_QUEUES, HOARDS, LITTLE
from tests.integration.left_by_sandboxes import folders, lasting
from tests.integration.walled import SMALL, Run

pytestmark = pytest.mark.xdist_group("hoards")  # how much of shared memory there is, is seen of the whole machine

PATIENT = Limits(cpu_seconds=6, wall_seconds=12, memory_bytes=256 << 20, file_bytes=16 << 20, output_bytes=1 << 20)


@pytest.mark.parametrize("name", HOARDS)
def test_what_no_process_shows_is_little_or_ends_the_program(run: Run, name: str) -> None:
    outcome = run(HOARDS[name], limits=PATIENT)
    if outcome.status == "ok":
        assert int(outcome.output) <= LITTLE, f"{int(outcome.output) >> 20} MiB"
    else:
        assert outcome.error.startswith("more than"), outcome.error
        assert outcome.status in ("memory limit", "error"), outcome.error


def test_queues_of_many_processes_are_counted_together(run: Run) -> None:
    limits = Limits(cpu_seconds=6, wall_seconds=12, memory_bytes=256 << 20, processes=32)
    assert run(FORKED_QUEUES, limits=limits).status == "memory limit"


@contextmanager
def shared_memory_watched() -> Iterator[list[int]]:
    """What the machine holds of shared memory more than before, in bytes, as often as there is time to look."""
    ended, seen, before = Event(), [0], _shared_memory()

    def watch() -> None:
        while not ended.wait(0.02):
            seen.append(_shared_memory() - before)

    with ThreadPoolExecutor(1) as threads:
        watching = threads.submit(watch)
        try:
            yield seen
        finally:
            ended.set()
        watching.result()


def _shared_memory() -> int:
    return int(Path("/proc/meminfo").read_text().split("Shmem:")[1].split()[0]) << 10


@pytest.mark.parametrize("name", [name for name in HOARDS if name.startswith("shared memory")])
def test_the_machine_holds_no_more_shared_memory_than_a_program_may_have(run: Run, name: str) -> None:
    with shared_memory_watched() as seen:
        run(HOARDS[name] + "import time; time.sleep(0.5)", limits=PATIENT)
    assert max(seen) < PATIENT.memory_bytes, f"{max(seen) >> 20} MiB"


def test_memory_of_its_own_is_had_up_to_the_limit(run: Run) -> None:
    code = "import mmap\npart = mmap.mmap(-1, 150 << 20, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)\n"
    code += "for n in range(0, len(part), 4096): part[n] = 1\nprint(len(part) >> 20)"
    outcome = run(code)
    assert (outcome.status, outcome.output) == ("ok", b"150\n"), outcome.error


@pytest.mark.parametrize(
    "code",
    [
        "import shutil\nopen('a', 'w').write('x' * 99)\nshutil.copyfile('a', 'b')\nprint(len(open('b').read()))",
        "import socket\na, b = socket.socketpair()\na.sendall(b'x' * 99)\nprint(len(b.recv(100)))",
        "import os\nf = open('a', 'wb')\nos.posix_fallocate(f.fileno(), 0, 99)\nprint(os.stat('a').st_size)",
        "import tempfile\nf = tempfile.TemporaryFile()\nf.write(b'x' * 99)\nprint(f.tell())",
        "import asyncio\nasync def main(): return await asyncio.to_thread(int, '99')\nprint(asyncio.run(main()))",
        "files = [open(str(n), 'w') for n in range(99)]\nprint(len(files))",
        "import mmap\nf = open('a', 'w+b')\nf.truncate(99)\nprint(len(mmap.mmap(f.fileno(), 99)))",
        "from concurrent.futures import ThreadPoolExecutor as T\nprint(sum(T(3).map(int, ['90', '9'])))",
    ],
)
def test_what_honest_programs_use_works(run: Run, code: str) -> None:
    assert run(code).output == b"99\n"


@pytest.mark.parametrize(
    "code",
    [
        "import subprocess\nprint(subprocess.run(['echo', '99'], capture_output=True, text=True).stdout.strip())",
        "import multiprocessing as m\na, b = m.Pipe()\np = m.Process(target=b.send, args=(99,))\np.start()\n"
        "print(a.recv())\np.join()",
    ],
)
def test_what_honest_programs_of_more_processes_use_works(run: Run, code: str) -> None:
    limits = Limits(cpu_seconds=3, wall_seconds=9, memory_bytes=512 << 20, processes=16)
    assert run(code, limits=limits).output == b"99\n"


CHAIN = """
import os
os.umask({umask})
for _ in range({depth}):
    os.mkdir("d", 0o777)
    try:
        os.chdir("d")
    except OSError:
        break
print("made")
"""


@pytest.mark.parametrize(("depth", "umask"), [(1500, 0), (1500, 0o477), (1500, 0o777)])
def test_a_chain_of_folders_is_gone_with_the_program(run: Run, depth: int, umask: int) -> None:
    before = folders()
    assert run(CHAIN.format(depth=depth, umask=umask), limits=PATIENT).output == b"made\n"
    assert not lasting(folders, before)


FLOODS = {
    "folders": "os.mkdir(str(n))",
    "folders that can't be opened": "os.umask(0o777); os.mkdir(str(n))",
    "a chain": "os.mkdir('d'); os.chdir('d')",
    "links": "os.symlink('x', str(n))",
    "hard links": "os.link('first', str(n))",
}


@pytest.mark.slow
@pytest.mark.parametrize("what", FLOODS)
def test_a_flood_ends_at_its_time_and_leaves_the_place_and_the_disk(tier: Tier, what: str) -> None:
    before = folders()
    code = f"import os\nopen('first', 'w').close()\nn = 0\nwhile True:\n    {FLOODS[what]}\n    n += 1"
    limits = Limits(cpu_seconds=4, wall_seconds=8, file_bytes=64 << 20)

    async def flood_and_next() -> tuple[Outcome, float]:
        async with Sandbox(tier.name, 1, tier.interpreter) as sandbox:
            await sandbox.run(Program(code="print(1)"), b"", SMALL)
            began = time.monotonic()
            outcome = await sandbox.run(Program(code=code), b"", limits)
            assert (await sandbox.run(Program(code="print(1)"), b"", SMALL)).output == b"1\n"
            return outcome, time.monotonic() - began

    outcome, seconds = asyncio.run(flood_and_next())
    assert outcome.status in ("error", "time limit")
    assert seconds < limits.wall_seconds + 4
    assert not lasting(folders, before)


def test_a_chain_whose_run_is_cancelled_is_gone_when_the_sandbox_is_left(tier: Tier) -> None:
    before = folders()

    async def chain_and_cancel() -> None:
        async with Sandbox(tier.name, 1, tier.interpreter) as sandbox:
            code = CHAIN.format(depth=1500, umask=0) + "while True: pass"
            running = asyncio.ensure_future(sandbox.run(Program(code=code), b"", PATIENT))
            await asyncio.sleep(1)
            running.cancel()
            await asyncio.wait([running])

    asyncio.run(chain_and_cancel())
    assert not lasting(folders, before)
