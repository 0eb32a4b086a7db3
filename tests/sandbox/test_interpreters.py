"""Interpreters that keep their state, in the strongest tier that this machine has."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import pytest

from northstar.core.records import ToolResult
from northstar.sandbox.interpreters import Differs, Interpreters, Notebook
from northstar.sandbox.program import Limits
from northstar.sandbox.tiers import Tier, choose

Found = TypeVar("Found")
GONE = "The interpreter was restarted: its variables are gone.]"
SHORT = Limits(cpu_seconds=0.5, wall_seconds=1.0, memory_bytes=256 << 20, output_bytes=1 << 20)
_tiers: list[Tier] = []


@asynccontextmanager
async def interpreters(**options: Any) -> AsyncIterator[Interpreters]:
    if not _tiers:
        _tiers.append(await choose("auto"))
    async with Interpreters(_tiers[0].name, 2, _tiers[0].interpreter, modules=(), **options) as found:
        yield found


def do(work: Callable[[Interpreters], Awaitable[Found]], **options: Any) -> Found:
    async def within() -> Found:
        async with interpreters(**options) as found:
            return await work(found)

    return asyncio.run(within())


def results(*calls: str, limits: Limits = SHORT, **options: Any) -> list[ToolResult]:
    async def work(found: Interpreters) -> list[ToolResult]:
        notebook = found.open(limits=limits, **options)
        return [await notebook.run(code) for code in calls]

    return do(work)


def texts(*calls: str, **options: Any) -> list[str]:
    return [result.text for result in results(*calls, **options)]


# A call.


def test_the_value_of_the_last_expression_is_printed_and_names_are_kept() -> None:
    assert texts("x = 6 * 7\nx", "print(x + 1)\nNone", "def f(): return x", "f()") == ["42", "43", "[no output]", "42"]


def test_an_exception_is_its_own_traceback_and_the_state_stays() -> None:
    x, failed, after = results("x = 1", "print('before')\nx / 0", "x")
    assert failed.text.splitlines()[0] == "before"
    assert [line for line in failed.text.splitlines() if "File" in line] == ['  File "<call 2>", line 2, in <module>']
    assert (failed.error, failed.ended, after.text) == ("ZeroDivisionError: division by zero", False, "1")
    assert x.error == ""


def test_code_that_does_not_compile_shows_no_frames_of_ours() -> None:
    (result,) = results("x = (1")
    assert result.text.startswith('  File "<call 1>", line 1')
    assert result.error == "SyntaxError: '(' was never closed"


def test_stdin_is_empty_and_stderr_is_shown_in_its_place() -> None:
    told = texts("import sys\nprint('a')\nprint('b', file=sys.stderr)\nprint('c')", "input()")
    assert sorted(told[0].splitlines()) == ["a", "b", "c"]
    assert told[1].endswith("EOFError: EOF when reading a line")


def test_an_output_that_is_too_long_for_the_model_loses_its_middle() -> None:
    assert texts("print('a' * 300 + 'b' * 300)", characters=100) == [
        "a" * 60 + "\n[… 500 characters left out …]\n" + "b" * 40
    ]


def test_random_numbers_begin_with_the_seed_of_the_sample() -> None:
    draw = "import random\nrandom.random()"
    assert texts(draw, seed=1) == texts(draw, seed=1) != texts(draw, seed=2)


# What a call must not do.


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("while True: pass", "stopped: more than"),
        ("import time\ntime.sleep(60)", "stopped: more than 1 s in all, but not 0.5 s of CPU time"),
        ("while True: print('x' * 100_000)", "stopped: more than 1,048,576 bytes of output"),
        ("x = b'x' * (500 << 20)", "stopped: more than 256 MiB of memory"),
        ("import os\nos._exit(3)", "ended: exit status 3"),
        ("import os\nos._exit(0)", "ended: it ended itself"),
        ("import ctypes\nctypes.string_at(0)", "ended: killed by SIGSEGV"),
        ('import os\nos.write(3, b\'{"error": ""}\')\nwhile True: pass', "ended: it wrote to a descriptor of the"),
        ("import os\nos.write(3, b'no JSON')\nwhile True: pass", "ended: it wrote to a descriptor of the"),
        ("import os\nos.closerange(0, 9)\nwhile True: pass", "stopped: more than"),
    ],
)
def test_a_call_that_goes_too_far_is_told_so_and_the_next_finds_a_new_interpreter(code: str, why: str) -> None:
    before, stopped, after = results("kept = 1", code, "'kept' in globals()")
    assert why in stopped.text
    assert stopped.text.endswith(GONE)
    assert stopped.ended
    assert (before.ended, after.text) == (False, "False")


@pytest.mark.parametrize(
    "code",
    [
        "import os\nos.fork()",
        "import subprocess\nsubprocess.run(['/bin/true'])",
        "import socket\nsocket.create_connection(('127.0.0.1', 80))",
        "open('/etc/passwd', 'a')",
    ],
)
def test_what_the_sandbox_refuses_is_an_exception_like_others(code: str) -> None:
    refused, after = results(code, "1")
    assert "Error" in refused.error
    assert (refused.ended, after.text) == (False, "1")


def test_the_memory_of_others_is_out_of_reach() -> None:
    code = "found = []\nfor process in range(1, 400):\n    try:\n        open(f'/proc/{process}/mem', 'rb')\n"
    code += "        found.append(process)\n    except OSError:\n        pass\nimport os\nset(found) - {os.getpid()}"
    assert texts(code) == ["set()"]


def test_a_thread_that_a_call_leaves_behind_takes_no_time_between_calls() -> None:
    spin = "import threading, time\nn = 0\ndef spin():\n    global n\n    while True: n += 1\n"
    spin += "threading.Thread(target=spin, daemon=True).start()"

    async def work(found: Interpreters) -> list[int]:
        notebook = found.open(limits=Limits(cpu_seconds=20, wall_seconds=20))
        await notebook.run(spin)
        before = int((await notebook.run("print(time.process_time_ns())")).text)
        await asyncio.sleep(0.3)
        return [before, int((await notebook.run("print(time.process_time_ns())")).text)]

    before, after = do(work)
    assert after - before < 0.2e9


def test_each_notebook_has_a_state_and_a_folder_of_its_own() -> None:
    async def work(found: Interpreters) -> list[str]:
        one, other = found.open(), found.open()
        await one.run("x = 1\nopen('mine', 'w').write('1')")
        return [(await other.run("'x' in globals()")).text, (await other.run("import os\nos.listdir()")).text]

    assert do(work) == ["False", "[]"]


# Putting away, and replay.


def test_interpreters_beyond_the_most_are_put_away_and_rebuilt_by_replay() -> None:
    async def work(found: Interpreters) -> tuple[list[str], int, int]:
        notebooks = [found.open() for _ in range(6)]
        for number, notebook in enumerate(notebooks):
            await notebook.run(f"x = {number}")
        told = [(await notebook.run("x * 10")).text for notebook in notebooks]
        return told, found.alive, found.rebuilt

    told, alive, rebuilt = do(work, most_alive=3)
    assert told == ["0", "10", "20", "30", "40", "50"]
    assert (alive, rebuilt) == (3, 6)


def test_those_that_hold_much_memory_are_put_away_first_in_the_order_of_their_last_use() -> None:
    async def work(found: Interpreters) -> tuple[int, str]:
        first, second = found.open(), found.open()
        for notebook in (first, second):
            await notebook.run("x = bytearray(50 << 20)\nx[::4096] = b'1' * len(x[::4096])")
        return found.alive, (await second.run("len(x)")).text

    assert do(work, most_held=80 << 20) == (1, str(50 << 20))


def test_a_call_that_gives_another_result_when_it_is_replayed_is_noticed() -> None:
    async def work(found: Interpreters) -> tuple[str, int]:
        notebook = found.open()
        await notebook.run("import time\ntime.time_ns()")
        found.put_away(notebook)
        with pytest.raises(Differs):
            await notebook.run("1")
        notebook.begin_again()
        await notebook.run("y = 1")
        return (await notebook.run("y")).text, found.alive

    assert do(work) == ("1", 1)


def test_addresses_of_objects_are_no_difference() -> None:
    async def work(found: Interpreters) -> str:
        notebook = found.open()
        await notebook.run("object()")
        notebook.recall("x = 7\nobject()", ToolResult(text="<object object at 0x7f0123456789>"))
        found.put_away(notebook)
        return (await notebook.run("x")).text

    assert do(work) == "7"


def test_calls_of_an_earlier_run_are_replayed_but_for_those_before_a_restart() -> None:
    async def work(found: Interpreters) -> list[str]:
        notebook = found.open()
        notebook.recall("x = 1", ToolResult(text="[no output]"))
        notebook.recall("while True: pass", ToolResult(text="[stopped]", error="too long", ended=True))
        notebook.recall("y = 2", ToolResult(text="[no output]"))
        return [(await notebook.run("'x' in globals()")).text, (await notebook.run("y")).text]

    assert do(work) == ["False", "2"]


def test_an_interpreter_whose_fork_server_is_killed_is_rebuilt() -> None:
    async def work(found: Interpreters) -> str:
        notebook: Notebook = found.open()
        await notebook.run("x = 5")
        server = await found._server  # type: ignore[misc]
        os.killpg(server._process.pid, signal.SIGKILL)
        return (await notebook.run("x")).text

    assert do(work) == "5"


def test_200_notebooks_of_which_two_run_at_once_are_all_answered() -> None:
    async def work(found: Interpreters) -> list[str]:
        notebooks = [found.open() for _ in range(200)]
        await asyncio.gather(*(notebook.run(f"x = {number}") for number, notebook in enumerate(notebooks)))
        told = await asyncio.gather(*(notebook.run("x") for notebook in notebooks))
        return [result.text for result in told]

    assert do(work, most_alive=50) == [str(number) for number in range(200)]
