"""Loads a run of many samples and asks some of them; for bench/resume.py: python -m bench.queued ADDRESS DATA OUT."""

from __future__ import annotations

import asyncio
import sys
import time

from northstar.api.evaluation import make_plan
from northstar.config.options.evaluation import EvalOptions
from northstar.config.options.server import ServerOptions
from northstar.engine.counters import RunCounters
from northstar.engine.worker import do


async def main(address: str, data: str, out: str) -> None:
    mock = ServerOptions(model="mock", address=address)
    plan = make_plan(EvalOptions(benchmarks="aime24", output_dir=out, data_dir=data, server=mock))
    counters, begun = RunCounters(), time.monotonic()
    work = asyncio.ensure_future(do(plan, counters))
    while counters.new_generations < 2000 and not work.done():
        await asyncio.sleep(0.05)
    print(f"{time.monotonic() - begun:.1f} s until 2,000 were answered")
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
