"""`ns view` as a command: what it prints, serves and refuses."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.cookiejar import CookieJar
from pathlib import Path

from northstar.core.records import Generation
from northstar.results.journal import Journal
from northstar.viewing.run import Run
from northstar.viewing.viewer import Viewer
from tests.conftest import Ns
from tests.viewing.invented_run import write_run


@contextmanager
def viewing(*words: object) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Yield the process and the address that it printed."""
    process = subprocess.Popen(
        [sys.executable, "-m", "northstar", "view", *map(str, words)],
        env={**os.environ, "DISPLAY": "", "WAYLAND_DISPLAY": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield process, process.stdout.readline().strip()
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=30)


def test_the_printed_address_shows_the_run_and_ctrl_c_ends_it(tmp_path: Path) -> None:
    run = write_run(tmp_path / "out")
    with viewing(run, "--port=0") as (process, address):
        browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        assert "sums" in browser.open(address, timeout=30).read().decode()
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0


def test_it_listens_to_this_machine_alone(tmp_path: Path) -> None:
    with viewing(write_run(tmp_path / "out"), "--port=0") as (_, address):
        assert address.startswith("http://127.0.0.1:")


def test_a_folder_without_results_is_refused(ns: Ns, tmp_path: Path) -> None:
    done = ns("view", tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "it should be the --output_dir of ns eval" in done.stderr


def test_a_port_that_is_taken_is_named(ns: Ns, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = ns("view", write_run(tmp_path / "out"), f"--port={port}")
    assert done.returncode == 1
    assert f"cannot serve at 127.0.0.1:{port}" in done.stderr


def sample(output: Path, row: int = 0) -> str:
    """Return the page of a sample of the smoke benchmark's first seed."""
    viewer = Viewer([Run(output)])
    viewer.look()
    return str(viewer.sample(0, "smoke", row, 0, {}))


def test_a_sample_shows_the_prompt_as_it_was_asked(ns: Ns, start_mock: Callable[..., str], tmp_path: Path) -> None:
    asked = ("eval", "--benchmarks=smoke:2", f"--server_address={start_mock()}", "--model=mock", "++max_samples=3")
    prompt = tmp_path / "mine.yaml"
    prompt.write_text("system: Be <brief>.\nuser: |-\n  Now: {{ problem }}\n  {% if id %}Answer!{% endif %}\n")
    for output, words in (("own", ()), ("mine", (f"++prompt_config={prompt}",))):
        assert ns(*asked, f"--output_dir={tmp_path}/{output}", *words).returncode == 0
    assert "Answer in one short sentence that ends with the answer." in sample(tmp_path / "own")
    mine = sample(tmp_path / "mine")
    assert "Be &lt;brief&gt;." in mine
    assert "Now: What is 3 + 4?\nAnswer!" in mine

    # A run under way has journals alone: the rows are those that were prepared.
    results = tmp_path / "mine" / "eval-results" / "smoke"
    for file in results.glob("*.jsonl"):
        file.unlink()
    journal = Journal(results / "output-rs0.jsonl.journal", benchmark="smoke", seed=0, rows=range(3))
    journal.add_generation(1, Generation(generation="six"))
    journal.close()
    page = sample(tmp_path / "mine", 1)
    assert "Now: What is 9 + 6?" in page
    assert "not graded" in page
