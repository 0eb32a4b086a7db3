"""What a request costs at 512 at once, and how long requests hold up the event loop; everything on."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import msgspec
from tests.mock_server.process import mock_process

from bench.measure import Cost, run, write_rows
from bench.watched import Longest

REQUESTS = 4000
AT_ONCE = 512
ROUNDS = 3
JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Bare:
    """What plain aiohttp takes for as many requests: seconds of wall time and of CPU."""

    wall: float
    cpu: float


async def _bare_client(address: str) -> Bare:
    """Nothing around the requests: what this server and these machines allow."""
    body = b'{"model": "mock", "messages": [{"role": "user", "content": "What is 3 + 4?"}]}'
    left = iter(range(REQUESTS))

    async def ask(session: aiohttp.ClientSession) -> None:
        for _ in left:
            async with session.post(f"{address}/chat/completions", data=body, headers=JSON) as response:
                await response.read()

    begun, cpu = time.monotonic(), time.process_time()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session, asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(ask(session))
    return Bare(time.monotonic() - begun, time.process_time() - cpu)


def costs() -> None:
    """CPU, wall time and memory of 4,000 requests that are answered after 1 s with 200 tokens."""
    with tempfile.TemporaryDirectory() as name, mock_process("--delay=1", "--tokens=200") as server:
        write_rows(Path(name, "data"), REQUESTS)

        def eval_once(out: str, *more: str) -> Cost:
            return run(*_words(Path(name, "data"), server.address), f"--output_dir={name}/{out}", *more)

        rounds = []
        for number in range(ROUNDS):
            start = eval_once(f"start-{number}", "++max_samples=1")
            cost = eval_once(f"out-{number}", f"++max_concurrent_requests={AT_ONCE}")
            rounds.append((start, cost, asyncio.run(_bare_client(server.address))))
    ratios = sorted((cost.cpu - start.cpu) / bare.cpu for start, cost, bare in rounds)
    start, cost, bare = min(rounds, key=lambda each: each[1].cpu)
    ideal = REQUESTS / AT_ONCE
    print(f"{REQUESTS} requests, {AT_ONCE} at once, 1 s each, best of {ROUNDS} rounds: {cost.wall:.1f} s wall")
    print(f"  CPU per request           {1000 * cost.cpu / REQUESTS:.2f} ms (start of the interpreter included)")
    print(f"  without a run of 1 sample {1000 * (cost.cpu - start.cpu) / REQUESTS:.2f} ms")
    print(f"  a bare aiohttp client     {1000 * bare.cpu / REQUESTS:.2f} ms, against the same server in the same round")
    shown = ", ".join(f"{ratio:.2f}" for ratio in ratios)
    print(f"  CPU, start excluded, / bare client's: {statistics.median(ratios):.2f} (median of {shown}; goal 1.6)")
    print(f"  wall / ideal ({ideal:.1f} s)      {cost.wall / ideal:.2f}; ", end="")
    print(f"less start: {(cost.wall - start.wall + 1) / ideal:.2f}; bare client: {bare.wall / ideal:.2f}")
    print(f"  peak memory               {cost.megabytes:.0f} MB")


def loop_held() -> None:
    """The longest callback and turn of the event loop over 16 seeds of 750 rows with answers of 12 kB."""
    for at_once in (512, 4096):
        with tempfile.TemporaryDirectory() as name, mock_process("--delay=1", "--tokens=4000") as server:
            write_rows(Path(name, "data"), 750, characters=2000)
            found = Path(name, "longest.json")
            words = _words(Path(name, "data"), server.address, "aime24:16")
            run(
                found,
                *words,
                f"--output_dir={name}/out",
                f"++max_concurrent_requests={at_once}",
                module="bench.watched",
            )
            longest = msgspec.json.decode(found.read_bytes(), type=Longest)
            print(f"12,000 requests, {at_once} at once, in seconds of the event loop's thread (goal: 0.3):")
            print(f"  longest callback {longest.callback:.3f} ({longest.what})")
            print(f"  longest turn     {longest.turn:.3f}")


def _words(data: Path, address: str, benchmarks: str = "aime24") -> tuple[str, ...]:
    return (
        "eval",
        f"--benchmarks={benchmarks}",
        f"--data_dir={data}",
        f"--server_address={address}",
        "--model=mock",
    )


def main() -> None:
    costs()
    loop_held()


if __name__ == "__main__":
    main()
