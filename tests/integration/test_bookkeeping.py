"""What tells of a run may fail, and the machine may allow little: the run ends well, and its numbers are there."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from fcntl import ioctl
from pathlib import Path
from struct import pack

import pytest

pytestmark = pytest.mark.slow
Start = Callable[..., str]


def words(address: str, output: Path, benchmarks: str = "smoke:1") -> list[str]:
    command = [sys.executable, "-m", "northstar", "eval", f"--benchmarks={benchmarks}", f"--output_dir={output}"]
    return [*command, "--model=mock", f"--server_address={address}"]


def in_shell(line: str, command: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    """`line` is the shell's, with the command as "$@"."""
    return subprocess.run(
        ["bash", "-c", line, "bash", *command],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        errors="replace",
        timeout=120,
    )


def has_its_numbers(output: Path, seeds: int = 1) -> bool:
    """Whether the metrics are written, and every record is."""
    outputs = sorted((output / "eval-results/smoke").glob("output-rs*.jsonl"))
    lines = [len(file.read_text().splitlines()) for file in outputs]
    return lines == [24] * seeds and "smoke" in json.loads((output / "eval-results/smoke/metrics.json").read_text())


@pytest.mark.parametrize(
    ("line", "status", "says", "prints"),
    [
        ('"$@" 2>/dev/full', 0, "", "pass@1"),
        ('"$@" 2>&-', 0, "", "pass@1"),
        ('"$@" >&-', 0, "tokens: smoke: ", ""),
        ('"$@" <&- >&- 2>&-', 0, "", ""),
        ('"$@" >/dev/full', 1, "error: cannot print the table (it is kept: ns summarize_results ", ""),
        ('"$@" >/dev/full 2>/dev/full', 1, "", ""),
        ('set -o pipefail; "$@" | true', 141, "tokens: smoke: ", ""),
        ('"$@" 2> >(head -c 1 > /dev/null)', 0, "", "pass@1"),
        ('LC_ALL=C PYTHONUTF8=0 PYTHONCOERCECLOCALE=0 PYTHONIOENCODING=ascii "$@"', 0, "tokens: smoke: ", "pass@1"),
    ],
)
def test_a_stream_that_takes_nothing_costs_no_number(
    line: str, status: int, says: str, prints: str, start_mock: Start, tmp_path: Path
) -> None:
    done = in_shell(line, words(start_mock(), tmp_path))
    assert (done.returncode, has_its_numbers(tmp_path)) == (status, True), done.stderr
    assert says in done.stderr
    assert prints in done.stdout
    assert "bug in Northstar" not in done.stderr + done.stdout
    assert "Traceback" not in done.stderr + done.stdout


def test_few_open_files_are_fewer_requests_at_once_and_that_is_said(start_mock: Start, tmp_path: Path) -> None:
    done = in_shell('ulimit -n 256; exec "$@"', words(start_mock("--delay", 0.5), tmp_path, "smoke:16"))
    assert (done.returncode, has_its_numbers(tmp_path, 16)) == (0, True), done.stderr
    assert " requests go out at once, not 512: this machine allows a process 256 open files (ulimit -n)." in done.stderr


@pytest.mark.parametrize(("files", "seeds"), [(24, 1), (70, 1), (90, 64)])
def test_too_few_open_files_are_one_sentence(files: int, seeds: int, start_mock: Start, tmp_path: Path) -> None:
    done = in_shell(f'ulimit -n {files}; exec "$@"', words(start_mock(), tmp_path, f"smoke:{seeds}"))
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("error: "), done.stderr
    assert "ulimit -n" in done.stderr.splitlines()[-1]
    assert "bug in Northstar" not in done.stderr


def test_a_file_in_the_place_of_the_jobs_folder_is_noted(start_mock: Start, tmp_path: Path) -> None:
    (tmp_path / "eval-logs").mkdir()
    (tmp_path / "eval-logs/jobs").write_text("")
    done = in_shell('exec "$@"', words(start_mock(), tmp_path))
    assert (done.returncode, has_its_numbers(tmp_path)) == (0, True), done.stderr
    assert (
        f"note: ns status and ns cancel do not know this run: cannot make the folder {tmp_path}/eval-logs/jobs: File "
        "exists. The results are not affected." in done.stderr
    )


class Terminal:
    """A run on a terminal of its own."""

    def __init__(self, command: list[str], columns: int = 120, before: Callable[[], object] | None = None) -> None:
        self.master, slave = pty.openpty()
        ioctl(slave, termios.TIOCSWINSZ, pack("HHHH", 24 if columns else 0, columns, 0, 0))

        def settle() -> None:
            os.setsid()
            ioctl(0, termios.TIOCSCTTY, 0)
            signal.signal(signal.SIGHUP, signal.SIG_DFL)  # whoever runs the tests may have them outlive a terminal
            if before is not None:
                before()

        environment = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
        self.run = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, preexec_fn=settle, env={**environment, "TERM": "xterm"}
        )
        os.close(slave)

    def read(self, until: str = "\0") -> str:
        """What it shows, until the words are there or the run has ended."""
        said = b""
        while until.encode() not in said:
            try:
                said += os.read(self.master, 4096)
            except OSError:  # the run has ended
                break
        return said.decode(errors="replace")


@pytest.mark.parametrize("columns", [0, 1, 20])
def test_a_terminal_of_no_size_ends_no_run(columns: int, start_mock: Start, tmp_path: Path) -> None:
    terminal = Terminal(words(start_mock("--delay", 0.3), tmp_path), columns)
    said = terminal.read()
    os.close(terminal.master)
    assert (terminal.run.wait(60), has_its_numbers(tmp_path)) == (0, True), said
    assert "note: The progress" not in said


def test_a_terminal_that_is_gone_stops_a_run_as_ctrl_c_does(start_mock: Start, tmp_path: Path) -> None:
    terminal = Terminal([*words(start_mock("--delay", 1), tmp_path), "++max_concurrent_requests=8"])
    terminal.read("8/24")
    os.close(terminal.master)  # SIGHUP
    assert terminal.run.wait(60) == 130
    journal = (tmp_path / "eval-results/smoke/output-rs0.jsonl.journal").read_text()
    assert journal.count('"generation":{') >= 8
    (progress,) = (tmp_path / "eval-logs/jobs/001").glob("*/progress.json")
    assert "stopped by SIGHUP: " in json.loads(progress.read_text())["error"]


def test_with_nohup_a_run_outlives_its_terminal(start_mock: Start, tmp_path: Path) -> None:
    command = [*words(start_mock("--delay", 1), tmp_path), "++max_concurrent_requests=8"]
    terminal = Terminal(command, before=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    terminal.read("8/24")
    os.close(terminal.master)
    assert terminal.run.wait(60) == 1  # the table could not be printed
    assert has_its_numbers(tmp_path)


def test_a_journal_that_cannot_be_written_still_ends_the_run_with_a_sentence(start_mock: Start, tmp_path: Path) -> None:
    (tmp_path / "eval-results/smoke/output-rs0.jsonl.journal").mkdir(parents=True)
    done = in_shell('exec "$@"', words(start_mock(), tmp_path))
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith("error: ")
    assert "output-rs0.jsonl.journal" in last


def test_a_run_goes_on_while_its_record_is_taken_away(start_mock: Start, tmp_path: Path) -> None:
    with subprocess.Popen(
        [*words(start_mock("--delay", 1), tmp_path), "++max_concurrent_requests=8"], stderr=subprocess.PIPE, text=True
    ) as run:
        jobs = tmp_path / "eval-logs/jobs"
        while not list(jobs.glob("*/here/progress.json")) and run.poll() is None:
            time.sleep(0.05)
        jobs.rename(tmp_path / "eval-logs/moved")
        jobs.write_text("")
        assert run.stderr is not None
        said = run.stderr.read()
    assert (run.returncode, has_its_numbers(tmp_path)) == (0, True), said
    assert "note: ns status does not see how far this run is: " in said
