"""`ns view` over a large run: first index, overview, samples, search and memory, beside reading the same bytes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path
from statistics import median

SEEDS = 16
ROWS = int(os.environ.get("NORTHSTAR_BENCH_VIEW_ROWS", "12500"))
"""12,500 rows are 200,000 records of 20 kB, 4.2 GB."""
BYTES = 19_000


def main() -> None:
    with tempfile.TemporaryDirectory(dir=os.environ.get("NORTHSTAR_BENCH_DIR")) as name:
        folder = Path(name, "eval-results", "aime24")
        folder.mkdir(parents=True)
        for seed in range(SEEDS):
            _write(folder / f"output-rs{seed}.jsonl", seed)
        size = sum(file.stat().st_size for file in folder.iterdir())
        begun = time.monotonic()
        for file in folder.glob("*.jsonl"):
            with file.open("rb", buffering=0) as content:
                while content.read(1 << 22):
                    pass
        reading = time.monotonic() - begun
        print(f"ns view over {SEEDS * ROWS:,} records, {size / 1e6:,.0f} MB; reading them: {reading:.2f} s")
        _first(name, size)
        _again(name)


def _first(run: str, size: int) -> None:
    """Open a run without an index."""
    with _Viewing(run) as viewing:
        begun, cpu = time.monotonic(), viewing.cpu()
        while "Indexing" in viewing.get("/"):
            time.sleep(0.1)
        wall, cpu = time.monotonic() - begun, viewing.cpu() - cpu
        print(f"  first index: {wall:.2f} s, {cpu:.2f} s of CPU, {size / 1e6 / cpu:,.0f} MB for each of these")
        print(f"  memory at its peak: {viewing.megabytes():.0f} MB")


def _again(run: str) -> None:
    """Open it again, and go through it."""
    begun = time.monotonic()
    with _Viewing(run) as viewing:
        assert "Indexing" not in viewing.get("/")
        print(f"  overview, from the start of the process: {time.monotonic() - begun:.2f} s")
        samples = [viewing.seconds(f"/0/aime24/{row * 997 % ROWS}/{row % SEEDS}") for row in range(100)]
        print(f"  a sample: median {1000 * median(samples):.0f} ms, slowest of 100: {1000 * max(samples):.0f} ms")
        for what, path in (
            ("a page of the grid", "/0/aime24?page=7"),
            ("by disagreement", "/0/aime24?order=disagreement"),
        ):
            print(f"  {what}: {1000 * viewing.seconds(path):.0f} ms")
        print(f"  a search that finds nothing, at most 3 s: {viewing.seconds('/0/aime24?q=zzzz'):.2f} s", end="")
        told = re.search(r"stopped after ([\d,]+) of", viewing.get("/0/aime24?q=zzzz"))
        print(f", stopped after {told[1]} MB" if told else "")
        print(f"  memory at its peak: {viewing.megabytes():.0f} MB")


class _Viewing:
    """A running `ns view`."""

    def __init__(self, run: str) -> None:
        words = [sys.executable, "-m", "northstar", "view", run, "--port=0", "--no_open"]
        self._process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self._process.stdout is not None
        address = self._process.stdout.readline().strip()
        self._server = address.partition("/?")[0]
        self._browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        self._browser.open(address.replace("/?", "/static/view.js?")).read()  # looks at no run yet

    def __enter__(self) -> _Viewing:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.communicate()

    def get(self, path: str) -> str:
        return str(self._browser.open(self._server + path).read().decode())

    def seconds(self, path: str) -> float:
        begun = time.monotonic()
        self.get(path)
        return time.monotonic() - begun

    def cpu(self) -> float:
        """Return the seconds of CPU time that the server has used."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def megabytes(self) -> float:
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def _write(file: Path, seed: int) -> None:
    text = ("We have \\frac{1}{2} of it, so $\\alpha_1 = 3$ is\n" * 600)[:BYTES]
    with file.open("w") as lines:
        for row in range(ROWS):
            answer = (row * 7 + seed) % 5
            record = {
                "id": row,
                "problem": f"Problem {row}: " + "p" * 300,
                "expected_answer": "4",
                "generation": text + f"\n$\\boxed{{{answer}}}$",
                "finish_reason": "stop",
                "num_generated_tokens": 5000 + seed,
                "generation_start_time": 1.0,
                "generation_end_time": 2.0 + row,
                "predicted_answer": str(answer),
                "symbolic_correct": answer == 4,
            }
            lines.write(json.dumps(record, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
