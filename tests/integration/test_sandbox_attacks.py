"""Programs that try to get out, to use up the machine or to fool the grader: contained in each tier; a run goes on."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from northstar.benchmarks.livecodebench.code_tests import CodeTests
from northstar.compute.pool import ComputePool
from northstar.core.records import Generation, Grade
from northstar.data.attachments import Attachment, Attachments, keep
from northstar.sandbox.program import Limits, Outcome, Program
from northstar.sandbox.sandbox import Sandbox
from northstar.sandbox.tiers import Tier
from northstar.task.grader import SolverContext
from tests.integration.left_by_sandboxes import lasting, processes, programs
from tests.integration.walled import SMALL, Run, answers, tries

# Using up the machine.


def test_an_infinite_loop_ends_at_its_time(run: Run) -> None:
    outcome = run("while True: pass")
    assert outcome.status == "time limit"
    assert outcome.cpu_seconds < 3


def test_a_program_that_sleeps_ends_at_its_time(run: Run) -> None:
    assert run("import time; time.sleep(1000)").status == "time limit"


def test_a_loop_in_c_ends_at_its_time(run: Run) -> None:
    assert run("10 ** 10 ** 10").status == "time limit"


def test_a_program_that_catches_its_own_timeout_ends_all_the_same(run: Run) -> None:
    assert run(DEAF).status == "time limit"


DEAF = """
import signal
for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
while True:
    try:
        while True:
            pass
    except BaseException:
        pass
"""


def test_a_memory_bomb_ends_at_its_memory(run: Run) -> None:
    outcome = run("kept = []\nwhile True: kept.append(bytearray(8 << 20))")
    assert outcome.status == "memory limit"
    assert outcome.memory < 2 * SMALL.memory_bytes


def test_a_memory_bomb_that_catches_its_error_ends_at_its_memory(run: Run) -> None:
    code = "kept = []\nwhile True:\n    try: kept.append(bytearray(8 << 20))\n    except MemoryError: pass"
    assert run(code).status in ("memory limit", "time limit")


FORKED_MEMORY = """
import os, time
for _ in range(6):
    if not os.fork():
        kept = bytearray(100 << 20)
        for place in range(0, len(kept), 4096): kept[place] = 1
        time.sleep(5)
        os._exit(0)
time.sleep(5)
print("held 600 MB in 6 processes")
"""


def test_memory_spread_over_forks_is_counted_together(run: Run) -> None:
    limits = Limits(cpu_seconds=4, wall_seconds=20, memory_bytes=256 << 20, processes=8)
    assert run(FORKED_MEMORY, limits=limits).status == "memory limit"


def test_a_program_forks_only_where_it_may(run: Run) -> None:
    forks = "import os, sys\nif not os.fork(): os._exit(7)\nprint(os.waitstatus_to_exitcode(os.wait()[1]))"
    assert run(forks).error.startswith("PermissionError")
    assert run(forks, limits=Limits(processes=4)).output == b"7\n"


@pytest.mark.parametrize("processes", [1, 8])
def test_a_fork_bomb_ends(run: Run, processes: int) -> None:
    code = "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass"
    limits = Limits(cpu_seconds=1, wall_seconds=3, processes=processes)
    assert run(code, limits=limits).status in ("time limit", "error")


def test_a_thread_bomb_ends(run: Run) -> None:
    code = "import threading, time\nwhile True: threading.Thread(target=time.sleep, args=(100,)).start()"
    assert run(code).status in ("error", "memory limit")


def test_ten_gigabytes_of_output_end_at_the_limit(run: Run) -> None:
    outcome = run("import os\nblock = b'x' * 65536\nfor _ in range(160_000): os.write(1, block)")
    assert outcome.status == "output limit"
    assert len(outcome.output) < 2 * SMALL.output_bytes


def test_a_flood_of_errors_ends_at_the_limit(run: Run) -> None:
    assert run("import os\nwhile True: os.write(2, b'x' * 65536)").status == "output limit"


def test_a_file_has_a_largest_size(run: Run) -> None:
    assert run("open('big', 'wb').write(bytes(64 << 20))").status == "error"


def test_many_files_together_are_bounded(run: Run, tier: Tier) -> None:
    code = "import os\nfor n in range(40):\n    open(f'f{n}', 'wb').write(bytes(8 << 20))\nprint('wrote 320 MB')"
    assert run(code).status == "error"


def test_memory_that_no_process_maps_is_out_of_reach(run: Run) -> None:
    attempts = tries("os.memfd_create('x')", "open('/dev/shm/x', 'wb')", "ftruncate()", before=TRUNCATE)
    assert not [said for said in answers(run(attempts)) if said.startswith("DID")]


TRUNCATE = """
import os
def ftruncate():
    os.ftruncate(0, 1 << 30)
"""


def test_a_folder_that_resists_is_removed_and_no_link_is_followed(run: Run, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.write_text("mine")
    if os.geteuid() == 0:
        os.chown(mine, 64_400, 64_400)
    mine.chmod(0o604)
    before = programs()
    code = ["import os; os.mkdir('d')", f"os.symlink({str(mine)!r}, 'd/link')", "os.mkdir('d/e', 0o500)"]
    code += ["os.umask(0o777)", "os.mkdir('d/f')"]
    assert run("\n".join(code)).status == "ok"
    assert (mine.stat().st_mode & 0o777, mine.read_text()) == (0o604, "mine")
    assert not lasting(programs, before)


# Getting out.


def test_nothing_is_written_outside_its_folder(run: Run, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.write_text("mine")
    mine.chmod(0o666)
    tmp_path.chmod(0o777)
    places = [
        str(tmp_path / "new"),
        str(mine),
        "/usr/new",
        "/etc/new",
        "/new",
        "/var/tmp/new",
        "/dev/new",
        "../new",
        "/proc/self/oom_score_adj",
    ]
    said = answers(run(tries(*[f"open({place!r}, 'w').write('x')" for place in places])))
    assert not [one for one in said if one.startswith("DID")], said
    assert (mine.read_text(), [file.name for file in tmp_path.iterdir()]) == ("mine", ["mine"])


def test_files_outside_are_not_changed_without_opening_them(run: Run, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.write_text("mine")
    if os.geteuid() == 0:
        os.chown(mine, 64_400, 64_400)
        os.chown(tmp_path, 64_400, 64_400)
    before = mine.stat()
    path = repr(str(mine))
    calls = [f"os.chmod({path}, 0)", f"os.utime({path}, (1, 1))", f"os.truncate({path}, 0)", f"os.unlink({path})"]
    calls += [f"os.rename({path}, {path} + '2')", f"os.link({path}, 'mine')", f"os.symlink('x', {path} + '3')"]
    calls += [f"os.setxattr({path}, 'user.x', b'1')", f"os.chown({path}, -1, os.getgid())"]
    said = answers(run(tries(*calls, before="import os")))
    assert not [one for one in said if one.startswith("DID")], said
    after = mine.stat()
    assert (after.st_mode, after.st_mtime, after.st_size, after.st_ctime) == (
        before.st_mode,
        before.st_mtime,
        4,
        before.st_ctime,
    )
    assert [file.name for file in tmp_path.iterdir()] == ["mine"]


def test_the_home_is_not_read(run: Run, tmp_path: Path) -> None:
    secret = Path.home() / f".northstar-test-secret-{os.getpid()}"
    try:
        secret.write_text("SECRET")
        secret.chmod(0o644)
        said = answers(
            run(tries(f"open({str(secret)!r}).read()", "open('/etc/passwd').read()", "open('/etc/hostname').read()"))
        )
    finally:
        secret.unlink()
    assert not [one for one in said if one.startswith("DID")], said


def test_the_environment_holds_nothing_of_the_run(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-of-the-user")
    outcome = run("import os, json; print(json.dumps([*os.environ, *os.environ.values()]))")
    assert not [each for each in answers(outcome) if "secret" in each or "API_KEY" in each]


def test_other_processes_are_not_seen_in_proc(run: Run) -> None:
    pid = os.getpid()
    files = [
        f"/proc/{pid}/environ",
        f"/proc/{pid}/cmdline",
        f"/proc/{pid}/maps",
        f"/proc/{pid}/mem",
        "/proc/1/environ",
        "/proc/self/environ",
    ]
    said = answers(
        run(tries("os.listdir('/proc')", *[f"open({name!r}, 'rb').read(100)" for name in files], before="import os"))
    )
    assert not [one for one in said if one.startswith("DID")], said


def test_nothing_is_connected_to(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        said = answers(
            run(
                tries(
                    f"socket.create_connection(('127.0.0.1', {port}), 1)",
                    "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))",
                    "socket.socket(socket.AF_UNIX)",
                    "socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)",
                    before="import socket",
                )
            )
        )
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.accept()
    assert not [one for one in said if one.startswith("DID")], said


def test_a_loop_of_events_works_all_the_same(run: Run) -> None:
    assert (
        run("import asyncio\nasync def main(): print(await asyncio.sleep(0, 'slept'))\nasyncio.run(main())").output
        == b"slept\n"
    )


def test_nobody_else_is_signalled(run: Run, tier: Tier) -> None:
    user = {"user": 64_400, "group": 64_400, "extra_groups": []} if os.geteuid() == 0 else {}
    with subprocess.Popen(["sleep", "100"], **user) as bystander:  # type: ignore[call-overload]
        targets = ["os.getppid()", str(os.getpid()), str(bystander.pid), "-1"]
        calls = [f"os.kill({target}, 9)" for target in targets if target != "-1"] + [
            "os.kill(-1, 0)",
            "os.killpg(os.getpgid(os.getppid()), 9)",
        ]
        calls += [
            f"signal.pidfd_send_signal(os.pidfd_open({bystander.pid}), 9)",
            f"resource.prlimit({bystander.pid}, resource.RLIMIT_CPU, (1, 1))",
        ]
        outcome = run(tries(*calls, before="import os, signal, resource"))
        assert bystander.poll() is None
        bystander.kill()
    assert outcome.status == "ok", outcome.error


def test_other_processes_are_not_traced(run: Run) -> None:
    calls = "libc.ptrace(16, {0}, 0, 0), libc.process_vm_readv({0}, 0, 0, 0, 0, 0)"
    code = f"import ctypes\nlibc = ctypes.CDLL(None)\nprint([{calls}])"
    assert run(code.format(os.getpid())).output == b"[-1, -1]\n"


def test_no_new_namespace_or_mount_is_made(run: Run) -> None:
    calls = "libc.unshare(0x10000000), libc.unshare(0x20000), libc.mount(0, b'/', b'tmpfs', 0, 0), libc.chroot(b'.')"
    code = f"import ctypes\nlibc = ctypes.CDLL(None)\nprint([{calls}, libc.setns(0, 0)])"
    assert run(code).output == b"[-1, -1, -1, -1, -1]\n"


def test_rights_are_not_regained(run: Run) -> None:
    said = answers(
        run(tries("os.setuid(0)", "os.setresuid(0, 0, 0)", "os.setgid(0)", "os.setgroups([0])", before="import os"))
    )
    assert not [one for one in said if one.startswith("DID")], said


DAEMON = """
import os, time
if not os.fork():
    os.setsid()
    if not os.fork():
        for descriptor in range(3): os.close(descriptor)
        time.sleep(MARK)
    os._exit(0)
os.wait()
print("left a daemon")
"""


def test_no_daemon_stays_behind(run: Run) -> None:
    seconds = f"54321.{os.getpid()}"
    outcome = run(DAEMON.replace("MARK", seconds), limits=Limits(processes=4))
    assert outcome.status == "ok", outcome.error
    assert not lasting(processes)


def test_no_shared_memory_stays_behind(run: Run) -> None:
    code = "import ctypes\nprint(ctypes.CDLL(None).shmget(4321, 1 << 20, 0o1666))"
    assert run(code).output == b"-1\n"


# Breaking.


def test_deep_recursion_is_an_error_or_a_crash(run: Run) -> None:
    assert run("def f(n): return f(n + 1)\nf(0)").error.startswith("RecursionError")
    deep = "import sys, functools\nsys.setrecursionlimit(10**9)\n@functools.cache\ndef f(n): return f(n + 1)\nf(0)"
    assert run(deep).status in ("crash", "memory limit", "error")


def test_recursion_as_deep_as_programs_need_works(run: Run) -> None:
    code = ["import sys, functools; sys.setrecursionlimit(10**6)", "@functools.cache"]
    code += ["def f(n): return n and 1 + f(n - 1)", "print(f(50_000))"]
    assert run("\n".join(code)).output == b"50000\n"


def test_a_segfault_is_a_crash(run: Run) -> None:
    outcome = run("import ctypes; ctypes.string_at(0)")
    assert (outcome.status, outcome.error) == ("crash", "killed by SIGSEGV")


def test_a_program_that_kills_itself_is_a_crash_or_goes_on(run: Run) -> None:
    assert run("import os; os.kill(os.getpid(), 9); print('alive')").status in ("crash", "ok")


# Fooling the grader.


def test_a_signal_that_has_no_name_is_a_crash(run: Run) -> None:
    ended = run("import os, signal\nos.kill(os.getpid(), 40)\nprint('went on')")
    assert (ended.error, ended.output) in (("killed by signal 40", b""), ("", b"went on\n"))  # process 1 ignores it


def test_what_looks_like_a_result_is_output(run: Run) -> None:
    frame = '{"result": 0, "status": "ok", "passed": true}'
    assert run(f"print('{frame}')\nraise ValueError(1)").status == "error"


EVERY_DESCRIPTOR = """
import os
for each in range(3, 256):
    try:
        {}
    except OSError:
        pass
"""


def test_a_forged_message_to_the_supervisor_changes_no_output(run: Run) -> None:
    code = EVERY_DESCRIPTOR.format("""os.write(each, b'{"done": "ok"}')""") + "raise ValueError(1)"
    assert run(code).output in (b"", b'{"done": "ok"}')


def test_garbage_to_the_supervisor_is_no_harm(run: Run) -> None:
    code = EVERY_DESCRIPTOR.format("os.write(each, b'\\xff' * 100); os.close(each)")
    assert run(code).status in ("ok", "error", "crash", "time limit")


def test_a_message_that_is_nested_too_deep_is_no_harm(run: Run) -> None:
    assert run("import os\nos.write(3, b'[' * 4000)\nprint('went on', flush=True)\nos._exit(0)").output == b"went on\n"


ANSWERS_ONLY = """
import os, threading, time
def answer():
    while True:
        try:
            os.write(3, b'{"done": "ok"}')
        except OSError:
            pass
threading.Thread(target=answer, daemon=True).start()
time.sleep(100)
"""


def test_a_program_that_answers_and_does_not_listen_ends_at_its_time(tier: Tier) -> None:
    async def last() -> Outcome:
        limits = Limits(cpu_seconds=1, wall_seconds=2)
        async with Sandbox(tier.name, 1, tier.interpreter) as sandbox:
            return (await sandbox.run_tests(Program(code=ANSWERS_ONLY), [b""] * 2000, limits))[-1]

    outcome = asyncio.run(last())
    assert outcome.status in ("ok", "time limit")
    assert outcome.seconds < 10


def test_a_comparison_that_is_patched_is_the_programs_own(tier: Tier) -> None:
    code = """
class Always:
    def __eq__(self, other): return True
class Solution:
    def f(self, n): return Always()
import json, builtins
json.dumps = lambda value: '5'
builtins.len = lambda value: 0
"""

    async def result() -> Outcome:
        async with Sandbox(tier.name, 1, tier.interpreter) as sandbox:
            outcomes = await sandbox.run_tests(Program(code=code, call="f"), [b"1"], SMALL)
            honest = await sandbox.run_tests(Program(code="def f(n): return [n]", call="f"), [b"1"], SMALL)
            assert honest[0].output == b"[1]"
            return outcomes[0]

    # It may say what it likes, or break its own process; what is expected it does not know.
    assert asyncio.run(result()).output in (b"no result: Always", b"5", b"")


SEARCH = """
import ctypes, gc, os, sys
mark = "".join(["expected", "-", "4711"])
def texts():
    yield from sys.argv
    yield from os.environ.values()
    for each in gc.get_objects():
        if isinstance(each, (list, tuple, dict)):
            yield from tuple(each.values() if isinstance(each, dict) else each)
    frame = sys._getframe()
    while frame:
        yield from tuple(frame.f_locals.values())
        frame = frame.f_back
    for descriptor in range(256):
        try:
            yield os.pread(descriptor, 1 << 20, 0)
        except OSError:
            pass
    libc = ctypes.CDLL(None)
    libc.malloc.restype = ctypes.c_void_p
    for size in [64, 512, 4096, 1 << 16] * 25:
        yield ctypes.string_at(libc.malloc(size), size)
def found():
    for text in list(texts()):
        text = text.decode("latin-1") if isinstance(text, bytes) else text
        if isinstance(text, str) and mark in text and text is not mark:
            return text[text.index(mark):][:40]
print(found())
"""


def test_neither_memory_nor_arguments_nor_files_hold_what_is_expected(tier: Tier, tmp_path: Path) -> None:
    """The real grader, whose tests expect a text that can be guessed by nobody."""
    answer = f"expected-4711-{secrets.token_hex(8)}"
    tests = "".join(json.dumps({"input": f"{n}", "output": answer}) + "\n" for n in range(3))
    reference = keep(Attachment("tests/x.jsonl", tests.encode), tmp_path, "bench")
    generation = Generation(generation=f"```python\n{SEARCH}\n```")

    async def grade() -> Grade:
        async with Sandbox(tier.name, 1, tier.interpreter) as sandbox, ComputePool(1) as pool:
            solver_context = SolverContext(compute=pool, sandbox=sandbox, attachments=Attachments(tmp_path))
            return await CodeTests()({"function": None, "tests": reference}, generation, solver_context)

    grade_ = asyncio.run(grade())
    assert (grade_["status"], grade_["first_failed_test"]) == ("wrong answer", 1), grade_
    found = asyncio.run(outcome_of(tier, SEARCH))
    assert (found.status, found.output) == ("ok", b"None\n"), found


async def outcome_of(tier: Tier, code: str) -> Outcome:
    async with Sandbox(tier.name, 1, tier.interpreter) as sandbox:
        return await sandbox.run(Program(code=code), b"", SMALL)


def test_nothing_of_one_program_is_in_the_memory_of_the_next(tier: Tier) -> None:
    secret = "solution-of-another-seed-8642"
    scan = """
import ctypes, io, re
parts = ["solution-of-", "another-seed-", "8642"]
needle = "".join(parts).encode()
libc = ctypes.CDLL(None)
start = id(needle)
found = 0
# Without /proc, look at what the allocator hands out again.
for size in [64, 256, 1024, 4096, 1 << 16]:
    for _ in range(2000):
        libc.malloc.restype = ctypes.c_void_p
        place = libc.malloc(size)
        found += needle in ctypes.string_at(place, size)
print(found)
"""

    async def outcome() -> Outcome:
        async with Sandbox(tier.name, 1, tier.interpreter) as sandbox:
            first = Program(code=f"kept = {secret!r}\nprint(input(), kept)")
            assert secret.encode() in (await sandbox.run(first, secret.encode(), SMALL)).output
            return await sandbox.run(Program(code=scan), b"", SMALL)

    assert asyncio.run(outcome()).output == b"0\n"


def test_a_name_that_one_program_defines_is_unknown_to_the_next(tier: Tier) -> None:
    async def outcomes() -> list[Outcome]:
        async with Sandbox(tier.name, 1, tier.interpreter) as sandbox:
            spoil = "import builtins, sys, json\nbuiltins.leak = sys.leak = json.leak = 1\nopen('leak', 'w').write('x')"
            await sandbox.run(Program(code=spoil), b"", SMALL)
            look = "import sys, json, os\nprint([hasattr(o, 'leak') for o in (__builtins__, sys, json)], os.listdir())"
            return [await sandbox.run(Program(code=look), b"", SMALL)]

    assert asyncio.run(outcomes())[0].output == b"[False, False, False] []\n"


def test_a_slow_program_takes_one_place_and_not_the_queue(tier: Tier) -> None:
    async def pass_by() -> bool:
        async with Sandbox(tier.name, 2, tier.interpreter) as sandbox:
            endless = Limits(cpu_seconds=500, wall_seconds=500)
            slow = asyncio.ensure_future(sandbox.run(Program(code="while True: pass"), b"", endless))
            await asyncio.gather(*(sandbox.run(Program(code="print(1)"), b"", SMALL) for _ in range(20)))
            waits = not slow.done()
            slow.cancel()
            with pytest.raises(asyncio.CancelledError):
                await slow
            return waits

    assert asyncio.run(pass_by())


def test_leaving_the_sandbox_ends_what_still_runs(tier: Tier) -> None:
    async def leave() -> None:
        async with Sandbox(tier.name, 2, tier.interpreter) as sandbox:
            running = asyncio.ensure_future(
                sandbox.run(Program(code="while True: pass"), b"", Limits(cpu_seconds=500, wall_seconds=500))
            )
            await asyncio.sleep(0.5)
            running.cancel()
            with pytest.raises(asyncio.CancelledError):
                await running

    began = time.monotonic()
    asyncio.run(leave())
    assert time.monotonic() - began < 20
    assert not lasting(processes)


def test_a_killed_run_leaves_nothing_running(tier: Tier, tmp_path: Path) -> None:
    folders = [str(folder) for folder in tier.interpreter.folders]
    code = f"""
import asyncio
from pathlib import Path
from northstar.sandbox.sandbox import Sandbox
from northstar.sandbox.launch import Interpreter
from northstar.sandbox.program import Program, Limits
async def main():
    interpreter = Interpreter(Path({str(tier.interpreter.python)!r}), tuple(map(Path, {folders!r})), isolated=True)
    async with Sandbox({tier.name!r}, 1, interpreter) as sandbox:
        await sandbox.run(Program(code="print(1)"))
        print("running", flush=True)
        await sandbox.run(Program(code="while True: pass"), b"", Limits(cpu_seconds=500, wall_seconds=500))
asyncio.run(main())
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"running\n"
        process.kill()
    assert not lasting(processes)
