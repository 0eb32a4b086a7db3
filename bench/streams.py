"""What a streamed request costs beside one that is answered at once: 200 tokens, one after the other."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.mock_server.process import mock_process

from bench.measure import Cost, run, write_rows

REQUESTS, AT_ONCE, TOKENS = 600, 128, 200
SECONDS = 4.0
"""Of each answer: a token every 20 ms."""


def main() -> None:
    """CPU of `ns eval` with and without streams; the answers take as long either way."""
    with tempfile.TemporaryDirectory() as name:
        write_rows(Path(name, "data"), REQUESTS)
        costs = {way: _cost(Path(name), way) for way in ("at once", "streamed", "at once, again", "streamed, again")}
        start = _cost(Path(name), "start", "++max_samples=1")
    print(f"{REQUESTS:,} requests, {AT_ONCE} at once, {TOKENS} tokens each in {SECONDS:g} s:")
    spent = {way: (cost.cpu - start.cpu) / REQUESTS for way, cost in costs.items()}
    for way, cost in costs.items():
        print(f"  {way:<16} {1000 * spent[way]:.2f} ms of CPU a request, {cost.wall:.1f} s, {cost.megabytes:.0f} MB")
    for again in ("", ", again"):
        print(f"  streamed / at once: {spent[f'streamed{again}'] / spent[f'at once{again}']:.2f} (goal 2)")


def _cost(folder: Path, way: str, *more: str) -> Cost:
    streamed = way.startswith("streamed")
    pace = f"--token_seconds={SECONDS / TOKENS}" if streamed else f"--delay={SECONDS}"
    with mock_process(pace, f"--tokens={TOKENS}", "--reasoning=field") as server:
        words = ["eval", "--benchmarks=aime24:1", f"--data_dir={folder / 'data'}", f"--server_address={server.address}"]
        words += ["--model=mock", f"--output_dir={folder / way.replace(' ', '-').replace(',', '')}"]
        words += [f"++max_concurrent_requests={AT_ONCE}", f"++inference.stream={streamed}", *more]
        return run(*words)
