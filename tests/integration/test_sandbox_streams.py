"""A program finds its stdin, stdout and stderr under every name that it would have elsewhere, in each tier."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from northstar.sandbox.program import Outcome, Program
from northstar.sandbox.sandbox import Sandbox
from northstar.sandbox.tiers import Tier
from tests.integration.walled import SMALL, Run

INPUT = b"one\ntwo\nthree\n"
READS = [
    "print(open('/dev/stdin').read())",
    "print(open('/dev/fd/0').read())",
    "print(open('/proc/self/fd/0').read())",
    "print(open('/dev/stdin', 'rb').read())",
    "print(open('/dev/stdin').read(), open('/dev/stdin').read())",
    "print(open('/dev/stdin').readline(), input())",
    "print(input(), open('/dev/stdin').readline())",
    "print(open(0).readline())",
    "print(open(0, closefd=False).read()); print(repr(sys.stdin.read()))",
    "print(open(0, 'rb').read())",
    "print(sys.stdin.buffer.readline(), sys.stdin.buffer.read())",
    "print(input(), sys.stdin.readline(), sys.stdin.read())",
    "print(os.read(0, 4), os.read(0, 100))",
    "print(sys.stdin.seek(4), sys.stdin.read())",
    "print(os.lseek(0, 4, 0), sys.stdin.read())",
    "print(os.fstat(0).st_size, os.path.getsize('/dev/stdin'), os.path.exists('/dev/stdin'))",
    "print(pathlib.Path('/dev/stdin').read_text())",
    "print([*fileinput.input('/dev/stdin')])",
    "print([*fileinput.input()])",
    "print(mmap.mmap(0, 0, access=mmap.ACCESS_READ)[:])",
    "print(mmap.mmap(0, 0, prot=mmap.PROT_READ).readline())",
    "print(io.FileIO(0).readall())",
    "print(sys.stdin.fileno(), sys.stdin.isatty(), sys.stdin.readable())",
    "print(ctypes.CDLL(None).getchar())",
    "with open('/dev/stdin') as a, open('/dev/stdin') as b: print(a.readline(), b.readline(), a.readline())",
]
WRITES = [
    "print('said', file=open('/dev/stdout', 'w'))",
    "print('said', file=open('/dev/fd/1', 'a'))",
    "print('said', file=open('/proc/self/fd/1', 'w'))",
    "open('/dev/stdout', 'wb', buffering=0).write(b'said')",
    "print('not said', file=open('/dev/stderr', 'w')); print('said')",
    "print('a', flush=True); print('b', file=open('/dev/stdout', 'w'), flush=True); print('c')",
    "open(1, 'w', closefd=False).write('said')",
    "pathlib.Path('/dev/stdout').write_text('said')",
]
IMPORTS = "import ctypes, fileinput, io, mmap, os, pathlib, sys\n"


def plainly(code: str, folder: Path) -> bytes:
    """What a program prints that is started as people do."""
    (folder / "input").write_bytes(INPUT)
    with (folder / "input").open("rb") as stdin:
        return subprocess.run([sys.executable, "-c", code], stdin=stdin, capture_output=True, check=True).stdout


@pytest.mark.parametrize("line", READS + WRITES)
def test_each_name_leads_where_it_does_elsewhere(run: Run, tmp_path: Path, line: str) -> None:
    outcome = run(IMPORTS + line, INPUT)
    assert (outcome.status, outcome.error) == ("ok", "")
    assert outcome.output == plainly(IMPORTS + line, tmp_path)


def test_each_test_has_an_input_of_its_own_under_these_names(tier: Tier) -> None:
    code = "print(open('/dev/stdin').read(), input(), file=open('/dev/stdout', 'w'))"

    async def outcomes() -> list[Outcome]:
        async with Sandbox(tier.name, 1, tier.interpreter) as sandbox:
            return await sandbox.run_tests(Program(code=code), [b"1", b"2"], SMALL)

    assert [outcome.output for outcome in asyncio.run(outcomes())] == [b"1 1\n", b"2 2\n"]


@pytest.mark.parametrize(
    "said",
    [
        "print('x', flush=True)",
        "print('x', file=open('/dev/stdout', 'w'), flush=True)",
        "print('x', file=open('/dev/stderr', 'w'), flush=True)",
        "open(1, 'w', closefd=False).write('x')",
        "print('x' * 100_000)",
    ],
)
def test_what_a_function_or_its_module_prints_is_no_result(tier: Tier, said: str) -> None:
    code = f"{said}\nclass Solution:\n  def f(self, n):\n    {said}\n    return n"

    async def outcomes() -> list[Outcome]:
        async with Sandbox(tier.name, 1, tier.interpreter) as sandbox:
            return await sandbox.run_tests(Program(code=code, call="f"), [b"1", b"2"], SMALL)

    assert [outcome.output for outcome in asyncio.run(outcomes())] == [b"1", b"2"]


def test_an_input_is_changed_by_nobody(run: Run) -> None:
    code = """
import ctypes, os
said = []
for attempt in (
    lambda: open('/dev/stdin', 'r+b', buffering=0).write(b'x'),
    lambda: os.open('/dev/stdin', os.O_RDONLY | os.O_TRUNC) and os.write(0, b'x'),
    lambda: os.write(0, b'x'),
    lambda: os.ftruncate(0, 0),
    lambda: os.unlink('/dev/fd/0'),
    lambda: os.rename('/dev/fd/0', '/dev/fd/9'),
    lambda: open('/dev/fd/new', 'w'),
    lambda: os.mkfifo('/dev/fd/new'),
    lambda: os.listdir('/proc'),
    lambda: os.listdir('/dev/fd/..') and os.unlink('/dev/stdin'),
):
    try:
        said.append(attempt())
    except (OSError, ValueError):
        pass
print(said, open('/dev/stdin').read())
"""
    assert run(code, INPUT).output == b"[] " + INPUT + b"\n"


def test_what_one_program_has_read_is_not_there_for_the_next(tier: Tier) -> None:
    async def outcome() -> Outcome:
        async with Sandbox(tier.name, 1, tier.interpreter) as sandbox:
            await sandbox.run(Program(code="print(input())"), b"secret", SMALL)
            code = "import os\nprint(open('/dev/stdin').read(), os.path.exists('/dev/fd/next'))"
            return await sandbox.run(Program(code=code), b"mine", SMALL)

    assert asyncio.run(outcome()).output == b"mine False\n"
