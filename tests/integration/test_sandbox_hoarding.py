"""Programs that hold what nobody sees, and floods of files: bounded in each tier, and nothing of them stays."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from tests.integration.hoards import FORKED_QUEUES, HOARDS, LITTLE
from tests.integration.walled import SMALL, Run

from northstar.sandbox.program import Limits, Outcome, Program
from northstar.sandbox.sandbox import Sandbox
from northstar.sandbox.tiers import Tier

PATIENT = Limits(cpu_seconds=6, wall_seconds=12, memory_bytes=256 << 20, file_bytes=16 << 20, output_bytes=1 << 20)


def scratch() -> set[Path]:
    return set(Path("/tmp").glob("northstar-sandbox-*"))


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


def test_shared_memory_that_is_used_counts_once(run: Run) -> None:
    """Up to the limit, as other memory does."""
    code = "import mmap\npart = mmap.mmap(-1, 150 << 20)\nfor n in range(0, len(part), 4096): part[n] = 1\n"
    outcome = run(code + "import time; time.sleep(0.2)\nprint(len(part) >> 20)")
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
    ],
)
def test_what_honest_programs_use_works(run: Run, code: str) -> None:
    assert run(code).output == b"99\n"


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
    before = scratch()
    assert run(CHAIN.format(depth=depth, umask=umask), limits=PATIENT).output == b"made\n"
    assert scratch() <= before


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
    before = scratch()
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
    assert scratch() <= before


def test_a_chain_whose_run_is_cancelled_is_gone_when_the_sandbox_is_left(tier: Tier) -> None:
    before = scratch()

    async def chain_and_cancel() -> None:
        async with Sandbox(tier.name, 1, tier.interpreter) as sandbox:
            code = CHAIN.format(depth=1500, umask=0) + "while True: pass"
            running = asyncio.ensure_future(sandbox.run(Program(code=code), b"", PATIENT))
            await asyncio.sleep(1)
            running.cancel()
            await asyncio.wait([running])

    asyncio.run(chain_and_cancel())
    assert scratch() <= before
