"""What programs are given and what comes back, in the strongest tier that this machine has."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from northstar.core.errors import NorthstarError
from northstar.sandbox.frames import Lost
from northstar.sandbox.launch import Interpreter, this_interpreter
from northstar.sandbox.program import Limits, Outcome, Program, Setup
from northstar.sandbox.sandbox import Sandbox
from northstar.sandbox.tiers import Tier, choose
from northstar.sandbox.worker import Worker

_tiers: list[Tier] = []


@asynccontextmanager
async def sandboxed(workers: int = 1) -> AsyncIterator[Sandbox]:
    """In the strongest tier, which is found once."""
    if not _tiers:
        _tiers.append(await choose("auto"))
    tier = _tiers[0]
    async with Sandbox(tier.name, workers, tier.interpreter) as sandbox:
        yield sandbox


def do(work: Callable[[Sandbox], Awaitable[list[Outcome]]]) -> list[Outcome]:
    async def within() -> list[Outcome]:
        async with sandboxed() as sandbox:
            return await work(sandbox)

    return asyncio.run(within())


def run(code: str, *inputs: bytes, call: str | None = None, setup: Setup = Setup()) -> list[Outcome]:  # noqa: B008
    program = Program(code=code, call=call, setup=setup)
    return do(lambda sandbox: sandbox.run_tests(program, inputs or [b""]))


def outputs(*arguments: bytes, code: str, call: str | None = None) -> list[bytes]:
    return [outcome.output for outcome in run(code, *arguments, call=call)]


# A script.


def test_a_script_reads_a_real_stdin_and_begins_anew_for_each_test() -> None:
    code = "import sys\nfirst, rest = sys.stdin.readline().strip(), sys.stdin.read().split()\n"
    code += "print(first, len(rest), 'x' in globals())\nx = 1"
    assert outputs(b"a\nb c\n", b"d\ne", code=code) == [b"a 2 False\n", b"d 1 False\n"]


@pytest.mark.parametrize(
    "read",
    [
        "open(0).read()",
        "input()",
        "next(iter(sys.stdin))",
        "os.read(0, 99).decode()",
        "sys.stdin.buffer.read().decode()",
        "''.join(sys.stdin.readlines())",
    ],
)
def test_each_way_to_read_works_in_each_test(read: str) -> None:
    code = f"import sys, os\nprint({read}.strip())"
    assert outputs(b"one\n", b"two\n", code=code) == [b"one\n", b"two\n"]


@pytest.mark.parametrize(
    "write",
    [
        "open(1, 'w').write('said')",
        "sys.stdout.close() if print('said') else sys.stdout.close()",
        "atexit.register(lambda: print('said'))",
        "threading.Thread(target=print, args=('said',)).start()",
        "sys.stdout.buffer.write(b'said')",
        "(os.write(1, b'said'), os._exit(0))",
        "(print('said'), exit())",
        "(print('said'), sys.exit(3))",
    ],
)
def test_each_way_to_write_and_to_end_works_in_each_test(write: str) -> None:
    done = run(f"import sys, os, atexit, threading\n{write}", b"", b"")
    assert [(each.status, each.output.strip()) for each in done] == [("ok", b"said")] * 2


def test_what_goes_to_stderr_is_no_output() -> None:
    assert outputs(code="import sys\nprint('a', file=sys.stderr)\nprint('b')") == [b"b\n"]


def test_the_main_block_runs() -> None:
    assert outputs(code="def main(): print('main')\nif __name__ == '__main__': main()") == [b"main\n"]


def test_a_dataclass_and_a_future_import_work() -> None:
    code = "from __future__ import annotations\nfrom dataclasses import dataclass\n"
    code += "@dataclass\nclass A:\n  x: int\nprint(A(1))"
    assert outputs(code=code) == [b"A(x=1)\n"]


def test_an_exception_is_an_error_with_its_last_line_and_ends_the_tests() -> None:
    done = run("n = int(input())\nprint(10 // n)", b"2", b"0", b"5")
    assert [(each.status, each.output, each.error) for each in done] == [
        ("ok", b"5\n", ""),
        ("error", b"", "ZeroDivisionError: integer division or modulo by zero"),
    ]


def test_code_that_is_no_python_is_an_error() -> None:
    assert run("def f(:")[0].error == "SyntaxError: invalid syntax"


def test_a_script_that_ends_its_process_fails_by_its_status() -> None:
    assert (run("import os; os._exit(4)")[0].status, run("import os; os._exit(4)")[0].error) == (
        "error",
        "exit status 4",
    )


def test_large_inputs_and_outputs_pass() -> None:
    content = b"x" * (5 << 20)
    assert outputs(content, content, code="import sys; sys.stdout.write(sys.stdin.read())") == [content] * 2


def test_code_in_any_language_passes() -> None:
    assert outputs("ё😀\n".encode(), code="print(input() + 'é')") == ["ё😀é\n".encode()]


# A function.


def test_a_function_is_called_with_a_value_a_line_and_keeps_its_instance() -> None:
    code = "class Solution:\n  def __init__(self): self.calls = 0\n"
    code += "  def f(self, a, b):\n    self.calls += 1\n    return [a, b, self.calls]"
    assert outputs(b'1\n"x"', b"[2]\nnull", code=code, call="f") == [b'[1, "x", 1]', b"[[2], null, 2]"]


def test_a_plain_function_is_called_as_well() -> None:
    assert outputs(b"3", code="def f(n): return n * 2", call="f") == [b"6"]


def test_what_a_function_prints_is_no_result() -> None:
    assert outputs(b"3", code="def f(n):\n  print('working')\n  return n", call="f") == [b"3"]


def test_an_input_that_a_function_changes_is_its_own() -> None:
    code = "def f(a):\n  a.append(1)\n  return a"
    assert outputs(b"[]", b"[]", code=code, call="f") == [b"[1]", b"[1]"]


@pytest.mark.parametrize(
    ("value", "result"),
    [
        ("(1, (2, [3]))", [1, [2, [3]]]),
        ("True", True),
        ("1.5", 1.5),
        ("float('inf')", float("inf")),
        ("{'a': (1,)}", {"a": [1]}),
        ("__import__('collections').Counter('a')", {"a": 1}),
        ("__import__('enum').IntEnum('E', 'A B').B", 2),
    ],
)
def test_results_come_back_as_json(value: str, result: object) -> None:
    assert json.loads(outputs(b"0", code=f"def f(n): return {value}", call="f")[0]) == result


@pytest.mark.parametrize(
    "value", ["{1}", "{1: 2}", "object()", "1j", "range(3)", "__import__('collections').deque([1])"]
)
def test_what_json_has_no_form_for_is_no_json(value: str) -> None:
    assert outputs(b"0", code=f"def f(n): return {value}", call="f")[0].startswith(b"no result: ")


def test_a_function_that_is_missing_is_an_error() -> None:
    assert run("class Solution: pass", b"1", call="f")[0].error.startswith("AttributeError")


# Setups.


def test_a_prelude_defines_names_for_every_program() -> None:
    setup = Setup(modules=("math", "no_such_module"), prelude="from math import *\nimport heapq\nfrom sys import *")
    done = run("print(floor(2.5), heapq.__name__, stdin.readline())", b"a", b"b", setup=setup)
    assert [each.output for each in done] == [b"2 heapq a\n", b"2 heapq b\n"]


def test_modules_that_are_loaded_are_not_loaded_again() -> None:
    code = "import sys\nprint('decimal' in sys.modules)"
    assert [run(code, setup=setup)[0].output for setup in (Setup(), Setup(modules=("decimal",)))] == [
        b"False\n",
        b"True\n",
    ]


# The queue.


def test_tests_stop_where_one_does_not_pass_and_inputs_are_taken_as_they_are_needed() -> None:
    taken: list[int] = []

    def inputs() -> Iterator[bytes]:
        for number in range(100):
            taken.append(number)
            yield str(number).encode()

    async def passes(number: int, outcome: Outcome) -> bool:
        return outcome.output == b"%d\n" % number and number < 3

    done = do(lambda sandbox: sandbox.run_tests(Program(code="print(input())"), inputs(), Limits(), passes))
    assert (len(done), taken) == (4, [0, 1, 2, 3])


def test_time_and_memory_are_measured() -> None:
    outcome = run("kept = bytearray(200 << 20)\nfor n in range(3_000_000): pass")[0]
    assert outcome.memory > 200 << 20
    assert 0.01 < outcome.cpu_seconds < 6
    assert outcome.seconds > 0.01


@pytest.mark.parametrize(
    ("code", "limits", "error"),
    [
        ("while True: pass", Limits(cpu_seconds=0.1, wall_seconds=60), "more than 0.1 s of CPU time"),
        (
            "import threading\nthreading.Thread(target=threading.Event().wait).start()",
            Limits(cpu_seconds=60, wall_seconds=0.3),
            "more than 0.3 s in all, but not 60 s of CPU time",
        ),
    ],
)
def test_which_time_was_over_is_said(code: str, limits: Limits, error: str) -> None:
    outcome = do(lambda sandbox: sandbox.run_tests(Program(code=code), [b""], limits))[0]
    assert (outcome.status, outcome.error) == ("time limit", error)


@pytest.mark.slow
def test_time_counts_for_each_test_anew() -> None:
    limits = Limits(cpu_seconds=1.5)
    code = "import time\nend = time.process_time() + 0.8\nwhile time.process_time() < end: pass"
    done = do(lambda sandbox: sandbox.run_tests(Program(code=code), [b"", b"", b""], limits))
    assert [each.status for each in done] == ["ok"] * 3


@pytest.mark.slow
def test_a_thousand_programs_in_the_queue_are_all_answered() -> None:
    async def all_of_them() -> list[Outcome]:
        async with sandboxed(workers=2) as sandbox:
            return await asyncio.gather(*(sandbox.run(Program(code=f"print({n})")) for n in range(1000)))

    assert [each.output for each in asyncio.run(all_of_them())] == [b"%d\n" % n for n in range(1000)]


def test_what_a_callback_raises_reaches_the_caller_and_the_next_program_runs() -> None:
    async def passes(number: int, outcome: Outcome) -> bool:
        raise ZeroDivisionError

    async def both(sandbox: Sandbox) -> list[Outcome]:
        with pytest.raises(ZeroDivisionError):
            await sandbox.run_tests(Program(code="print(1)"), [b""], Limits(), passes)
        return [await sandbox.run(Program(code="print(2)"))]

    assert do(both)[0].output == b"2\n"


@pytest.mark.parametrize("error", [OSError, TimeoutError])
def test_trouble_with_the_tests_is_never_the_programs_nor_are_there_fewer_tests(error: type[Exception]) -> None:
    def inputs() -> Iterator[bytes]:
        yield b"1"
        raise error

    async def passes(number: int, outcome: Outcome) -> bool:
        raise error

    async def both(sandbox: Sandbox) -> list[Outcome]:
        program = Program(code="print(input())")
        with pytest.raises(error):
            await sandbox.run_tests(program, inputs())
        with pytest.raises(error):
            await sandbox.run_tests(program, [b"1", b"2"], Limits(), passes)
        return [await sandbox.run(program, b"2")]

    assert do(both)[0].output == b"2\n"


def test_an_interpreter_that_does_not_start_is_named() -> None:
    async def start() -> None:
        tier = await choose("auto")
        broken = Interpreter(this_interpreter().python.with_name("python9"), this_interpreter().folders, isolated=True)
        async with Sandbox(tier.name, 1, broken) as sandbox:
            await sandbox.run(Program(code="print(1)"))

    with pytest.raises(NorthstarError, match=r"the sandbox .* did not start: .*python9"):
        asyncio.run(start())


# What the machine does to a program.


@pytest.fixture
def losing(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, int], None]:
    """Have the next programs be killed from outside, or their fork servers, so many times."""

    def lose(what: str, times: int) -> None:
        really, left = Worker.run_tests, [what] * times

        async def run_tests(worker: Worker, *given: Any) -> bool:
            if not left:
                return await really(worker, *given)
            next(given[1])  # it has been given its input
            if left.pop() == "fork server":
                raise Lost("it ended")
            given[3].append(Outcome(status="crash", error="killed by SIGKILL"))
            return False

        monkeypatch.setattr(Worker, "run_tests", run_tests)

    return lose


@pytest.mark.parametrize("what", ["program", "fork server"])
@pytest.mark.parametrize("times", [1, 2])
def test_a_test_that_was_lost_is_run_again(losing: Callable[[str, int], None], what: str, times: int) -> None:
    losing(what, times)
    assert [outcome.output for outcome in run("print(input())", b"one\n", b"two\n")] == [b"one\n", b"two\n"]


@pytest.mark.parametrize("what", ["program", "fork server"])
def test_what_is_lost_each_time_says_nothing_of_the_program(losing: Callable[[str, int], None], what: str) -> None:
    losing(what, 3)
    (outcome,) = run("print(input())", b"one\n", b"two\n")
    assert (outcome.status, outcome.lost) == ("crash", True)


def test_a_program_that_crashes_is_not_lost() -> None:
    (outcome,) = run("import os; os.abort()")
    assert (outcome.status, outcome.lost) == ("crash", False)
