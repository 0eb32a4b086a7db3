"""Measures Python as a tool: what a call costs in a live interpreter, what many samples at once take.

    python -m bench.python_tool [--samples 200] [--calls 5] [--tier auto]

1. A trivial call in a live interpreter, one after the other, and what starting one takes.
2. `samples` at once, each of `calls` calls that use NumPy and SymPy: time, CPU and memory of this process and all of
   the sandbox's, as the most seen (pages that several share counted once). Then the same with few interpreters alive,
   so that most calls rebuild one.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import statistics
import time
from collections.abc import Awaitable, Sequence
from pathlib import Path

from northstar.sandbox.environment import PACKAGES, make_environment
from northstar.sandbox.interpreters import MOST_ALIVE, Interpreters
from northstar.sandbox.tiers import Tier, choose

TRIVIAL = 500
STARTED = 20
WORK = (
    "import numpy as np, sympy as sp\nx = sp.Symbol('x')\ntotal = 0",
    "total += int(np.arange(100).sum())\ntotal",
    "sp.integrate(x**2 * sp.sin(x), x)",
    "[p for p in range(2, 200) if all(p % q for q in range(2, p))][-1]",
    "sp.solve(x**2 - total * x + 1, x)",
)
THINKING = 0.5
"""Seconds between two calls of a sample, in which its model writes the next."""


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=200)
    parser.add_argument("--calls", type=int, default=5)
    parser.add_argument("--tier", default="auto")
    options = parser.parse_args(arguments)
    tier = asyncio.run(choose(options.tier, make_environment(print), PACKAGES))
    print(tier.description)
    asyncio.run(_calls(tier))
    for alive in (MOST_ALIVE, 16):
        asyncio.run(_samples(tier, options.samples, options.calls, alive))


async def _calls(tier: Tier) -> None:
    async with Interpreters(tier.name, 2, tier.interpreter) as interpreters:
        began = time.perf_counter()
        notebook = interpreters.open()
        await notebook.run("x = 0")
        print(f"first interpreter, with the packages loaded: {time.perf_counter() - began:.1f} s")
        times = [await _timed(notebook.run("x += 1\nx")) for _ in range(TRIVIAL)]
        median, most = statistics.median(times) * 1000, statistics.quantiles(times, n=20)[-1] * 1000
        print(f"a trivial call in a live interpreter: {median:.2f} ms (95 % within {most:.2f} ms)")
        times = [await _timed(interpreters.open().run("1")) for _ in range(STARTED)]
        print(f"one more interpreter with its first call: {statistics.median(times) * 1000:.1f} ms")


async def _samples(tier: Tier, samples: int, calls: int, most_alive: int) -> None:
    at_once = 2 * len(os.sched_getaffinity(0))
    async with Interpreters(tier.name, at_once, tier.interpreter, most_alive=most_alive) as interpreters:
        seen: list[tuple[int, int]] = []
        watching = asyncio.create_task(_watch(seen))
        began, cpu = time.perf_counter(), _cpu()

        async def sample(number: int) -> list[float]:
            notebook, times = interpreters.open(seed=number), []
            for call in range(calls):
                await asyncio.sleep(THINKING)
                times.append(await _timed(notebook.run(WORK[call % len(WORK)])))
            notebook.close()
            return times

        found = await asyncio.gather(*map(sample, range(samples)))
        seconds, rebuilt = time.perf_counter() - began, interpreters.rebuilt
        watching.cancel()
        await asyncio.wait([watching])
    memory, processes = max(seen)
    waited = statistics.median(each for times in found for each in times)
    print(
        f"{samples} samples of {calls} calls at once, at most {most_alive} interpreters alive: {seconds:.1f} s, "
        f"{_cpu() - cpu:.1f} s of CPU, at most {memory / 1e9:.2f} GB in {processes} processes, "
        f"{rebuilt} rebuilt; a call took {waited * 1000:.0f} ms, waiting included"
    )


async def _watch(seen: list[tuple[int, int]]) -> None:
    while True:
        seen.append(await asyncio.to_thread(_memory))
        await asyncio.sleep(0.5)


def _memory() -> tuple[int, int]:
    """Return the proportional memory of this process and all below it, and their number."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            children.setdefault(parent, []).append(int(folder.name))
    total, processes, left = 0, 0, [os.getpid()]
    while left:
        process = left.pop()
        left += children.get(process, [])
        try:
            lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
        processes += 1
    return total, processes


def _cpu() -> float:
    """Return the CPU seconds of this process and of those below it that have ended."""
    times = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in times)


async def _timed(work: Awaitable[object]) -> float:
    began = time.perf_counter()
    await work
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
