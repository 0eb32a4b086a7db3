"""Standard streams that are closed, full or gone, tried in processes of their own."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import tty
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

HOLD = "import os, sys\nfrom northstar.core.streams import OutputLost, hold_streams, lost_of_stderr\nhold_streams()\n"


def run(code: str, redirection: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """The code, after hold_streams(), under a shell's redirection."""
    return subprocess.run(
        ["bash", "-c", f'exec "$@" {redirection}', "bash", sys.executable, "-c", HOLD + code],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("redirection", ["<&-", ">&-", "2>&-", "<&- >&-", "<&- >&- 2>&-"])
def test_a_file_that_is_opened_never_gets_the_number_of_a_closed_stream(redirection: str, tmp_path: Path) -> None:
    code = f"file = os.open({str(tmp_path / 'journal')!r}, os.O_WRONLY | os.O_CREAT)\n"
    code += "print('out'); print('err', file=sys.stderr); os.system('echo from a child; echo and that >&2')\n"
    code += "sys.exit(0 if file > 2 else 9)"
    assert run(code, redirection).returncode == 0
    assert (tmp_path / "journal").read_bytes() == b""


@pytest.mark.parametrize("redirection", ["2>&-", "2>/dev/full"])
def test_what_is_said_on_standard_error_is_never_an_exception(redirection: str) -> None:
    done = run("for _ in range(3): print('said', file=sys.stderr, flush=True)\nprint('done')", redirection)
    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")


def test_why_words_were_lost_is_known() -> None:
    code = "print('said', file=sys.stderr)\nprint(lost_of_stderr().strerror)"
    assert run(code, "2>/dev/full").stdout == "No space left on device\n"
    assert run("print(lost_of_stderr())").stdout == "None\n"


def test_standard_output_that_is_full_is_one_failure_and_not_another_at_the_end() -> None:
    code = (
        "try:\n    print('x', flush=True)\nexcept OutputLost as lost:\n    print(lost, lost.exit_code, file=sys.stderr)"
    )
    done = run(code, ">/dev/full")
    assert (done.returncode, done.stderr) == (0, "cannot write to standard output: No space left on device. 1\n")


def test_a_reader_that_wants_no_more_has_a_status_of_its_own() -> None:
    code = "read, write = os.pipe(); os.close(read); os.dup2(write, 1)\n"
    code += "try:\n    print('x', flush=True)\nexcept OutputLost as lost:\n    sys.exit(lost.exit_code)"
    assert run(code).returncode == 141


def test_letters_that_an_encoding_lacks_are_escapes() -> None:
    code = "print('caf\\xe9 \\u2026 \\udce9'); print('\\u2026', file=sys.stderr)"
    done = run(code, PYTHONIOENCODING="ascii:strict")
    assert (done.stdout, done.stderr) == ("caf\\xe9 \\u2026 \\udce9\n", "\\u2026\n")


def test_a_stream_that_somebody_made_non_blocking_is_waited_for_a_while() -> None:
    code = "os.set_blocking(1, False)\nprint('x' * 1_000_000, flush=True)"
    assert len(run(code, "| { sleep 0.2; cat; }").stdout) == 1_000_001


def full_pipe() -> tuple[int, int]:
    """A pipe that nobody reads and that takes nothing more."""
    read, write = os.pipe()
    return read, _filled(write)


def full_terminal() -> tuple[int, int]:
    """A terminal whose other end, as that of a connection that hangs, takes nothing more."""
    master, slave = pty.openpty()
    tty.setraw(slave)
    return master, _filled(slave)


def _filled(descriptor: int) -> int:
    os.set_blocking(descriptor, False)
    with suppress(BlockingIOError):
        while True:
            os.write(descriptor, b"x" * 1024)
    with suppress(BlockingIOError):
        while True:
            os.write(descriptor, b"x")
    os.set_blocking(descriptor, True)
    return descriptor


@pytest.mark.parametrize("stuck", [full_pipe, full_terminal])
def test_standard_error_that_is_stuck_holds_up_nothing(stuck: Callable[[], tuple[int, int]]) -> None:
    other, stream = stuck()
    code = f"{HOLD}import time; began = time.monotonic()\nfor _ in range(50): print('y' * 900, file=sys.stderr)\n"
    code += "print(lost_of_stderr().strerror, time.monotonic() - began < 25)"
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=stream, text=True, timeout=120)
    assert done.stdout == "Resource temporarily unavailable True\n"
    os.close(other)
    os.close(stream)
