"""One worker that feeds 16 servers at 512 requests in flight each: how long its event loop stands still, and they wait.

The mock servers are processes of their own on the same machine. From their logs: how many requests are in flight at all
servers together while the queue is longer than that, and the longest time in which it is less than 97 % of the wanted.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from heapq import merge
from pathlib import Path
from typing import Any

import msgspec
from tests.mock_server.process import mock_process

from bench.measure import run, write_rows
from bench.watched import Longest

SERVERS = 16
EACH = 512
ROUNDS = 2
"""Requests for each place."""
SEEDS = 16
FULL = 0.97


class Event(msgspec.Struct):
    """A line of a mock server's log."""

    event: str
    time: float


@dataclass(frozen=True)
class Filling:
    """Seconds until all places were taken, from then on the mean share taken, and the longest time below FULL."""

    until_full: float
    mean: float
    longest: float


def filling(logs: Sequence[Path], places: int) -> Filling:
    """Look at the time in which more is left to ask than there are places."""
    decode = msgspec.json.Decoder(Event).decode

    def events(log: Path) -> Iterator[tuple[float, int]]:
        with log.open("rb") as lines:
            for line in lines:
                event = decode(line)
                yield event.time, 1 if event.event == "arrived" else -1

    changes = list(merge(*map(events, logs)))
    last_arrival = max(time for time, change in changes if change == 1)
    begin, full_at, before, below_since = changes[0][0], 0.0, 0.0, None
    count, spent, longest = 0, 0.0, 0.0
    for time, change in changes:
        if time > last_arrival:
            break
        if full_at:
            spent += count * (time - before)
        count += change
        full_at = full_at or (time if count >= FULL * places else 0.0)
        before = time
        if full_at and count < FULL * places:
            below_since = below_since or time
            longest = max(longest, time - below_since)
        else:
            below_since = None
    return Filling(full_at - begin, spent / max(before - full_at, 1e-9) / places, longest)


def measure(servers: int, each: int) -> None:
    """Run and print."""
    places = servers * each
    rows = places * ROUNDS // SEEDS
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        logs = [folder / f"{number}.log" for number in range(servers)]
        slow = ("--delay=lognormal:40,0.4,100", "--tokens=500")
        mocks = [stack.enter_context(mock_process(*slow, f"--log={log}")) for log in logs]
        write_rows(folder / "data", rows, characters=2000)
        (folder / "servers.txt").write_text("".join(f"{mock.address}\n" for mock in mocks))
        found = folder / "longest.json"
        cost = run(
            *(found, "eval", f"--benchmarks=aime24:{SEEDS}", f"--data_dir={folder / 'data'}", "--model=mock"),
            *(f"--server_addresses={folder / 'servers.txt'}", f"--output_dir={folder / 'out'}"),
            f"++max_concurrent_requests={places}",
            module="bench.watched",
        )
        longest = msgspec.json.decode(found.read_bytes(), type=Longest)
        filled = filling(logs, places)
    asked = rows * SEEDS
    print(f"{servers} servers, {each} in flight each, {asked:,} requests of 40 s (median), 500 tokens:")
    print(
        f"  {cost.wall:.0f} s, {asked / cost.wall:.0f} requests/s; CPU {1000 * cost.cpu / asked:.2f} ms a request, ",
        end="",
    )
    print(f"{cost.megabytes:.0f} MB")
    print(f"  event loop, CPU of its thread: longest callback {longest.callback:.3f} s ({longest.what[:80]}), ", end="")
    print(f"longest turn {longest.turn:.3f} s (goal 0.5)")
    print(
        f"  full after {filled.until_full:.1f} s; then {100 * filled.mean:.1f} % of the places taken on average, ",
        end="",
    )
    print(f"below {100 * FULL:.0f} % for {filled.longest:.2f} s at the longest (goal 0.5)")


def main(words: Sequence[str] = ()) -> None:
    """Measure what was asked for; 16 servers at 512 unless told otherwise."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--servers", type=int, default=SERVERS)
    parser.add_argument("--each", type=int, default=EACH)
    options: Any = parser.parse_args(words)
    measure(options.servers, options.each)


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
