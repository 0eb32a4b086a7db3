"""Process pools for benchmarks whose functions need an environment of their own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from northstar.compute.pool import ComputePool, worker_elsewhere
from northstar.data.environment import make_environment, python_of
from northstar.task.benchmark import Benchmark
from northstar.task.grader import Compute, ComputeError, ComputeLost


@asynccontextmanager
async def helpers_of(
    benchmarks: Sequence[Benchmark],
    data_dir: Path,
    workers: int,
    *,
    closed: bool,
    lost: type[ComputeError | ComputeLost] = ComputeLost,
) -> AsyncIterator[Mapping[str, Compute]]:
    """Yield a process pool per benchmark that needs one, by whole name; each has started its first process.

    Args:
        benchmarks: The benchmarks of the run.
        data_dir: Where environments are; a missing one is created.
        workers: Processes per pool.
        closed: See `worker_elsewhere`.
        lost: See ComputePool.

    Raises:
        NorthstarError: An environment cannot be created, or a process does not start.
    """
    async with AsyncExitStack() as stack:
        pools: dict[str, Compute] = {}
        for benchmark in benchmarks:
            if benchmark.helper is not None and benchmark.whole_name not in pools:
                folder = await asyncio.to_thread(make_environment, benchmark.helper.environment, data_dir)
                command = worker_elsewhere(python_of(folder), benchmark.helper.file, closed=closed)
                pool = await stack.enter_async_context(ComputePool(workers, command, lost=lost))
                await pool.start()
                pools[benchmark.whole_name] = pool
        yield pools
