"""The bill of a run that is planned: by its recipe's published figures, or by what its folder already has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from northstar.benchmarks.registry import find_benchmark
from northstar.costs.bill import Bill, Machines, Part, Speed, bill
from northstar.costs.earlier_run import EarlierRun, earlier_run
from northstar.engine.preflight.preflight import Ready
from northstar.recipes.recipe import Asked, Run
from northstar.results.layout import benchmark_folder
from northstar.results.state import done_path


def expected_bill(ready: Ready, run: Run | None, jobs: int, tokens_per_second: float | None) -> Bill:
    """Return the bill of what is left to ask.

    Args:
        ready: The plan after preflight.
        run: Of the recipe that it follows.
        jobs: How many share one queue.
        tokens_per_second: Of one server with a full queue; None for what a recipe or an earlier run says.

    Raises:
        NorthstarError: An earlier output is damaged.
    """
    stage, output_dir = ready.generate, ready.plan.output_dir
    earlier = earlier_run(output_dir, [benchmark_folder(output_dir, name) for name in ready.shards])
    server = stage.server
    gpus = None if server.gpus is None else server.gpus * server.nodes
    published = _published(ready, run)
    same = run is not None and run.server.gpus is not None and run.server.gpus * run.server.nodes == gpus
    parts = _parts(ready, earlier, published, same_server=same)
    best = _best(ready, published) if same else None
    machines = Machines(gpus, jobs, stage.run.max_concurrent_requests, earlier.start)
    return bill(parts, _speed(tokens_per_second, earlier, best), machines)


def _speed(told: float | None, earlier: EarlierRun, best: float | None) -> Speed:
    if told is not None:
        source = f"{told:,.0f} tokens/s with a full queue, by --tokens_per_second"
        return Speed(told, earlier.curve, source, earlier.why_not)
    if earlier.curve is not None:
        return Speed(None, earlier.curve, f"up to {earlier.curve.full:,.0f} tokens/s, as this folder's answers show")
    if best is not None:
        source = f"{best:,.0f} tokens/s with a full queue, the best that the recipe's source reached"
        return Speed(best, None, source, earlier.why_not)
    return Speed(why_not=earlier.why_not)


def _published(ready: Ready, run: Run | None) -> Mapping[str, Asked]:
    """Benchmark → what the recipe says of it."""
    if run is None:
        return {}
    extra = ready.plan.extra_benchmarks
    asked = {find_benchmark(name, extra).whole_name: each for name, each in run.benchmarks.items()}
    found = {part.name: asked.get(find_benchmark(part.name, extra).whole_name) for part in ready.loaded}
    return {name: each for name, each in found.items() if each is not None}


def _parts(ready: Ready, earlier: EarlierRun, published: Mapping[str, Asked], *, same_server: bool) -> Sequence[Part]:
    parts = []
    for loaded in ready.loaded:
        name = loaded.name
        folder = benchmark_folder(ready.plan.output_dir, name)
        left = [each for each in ready.shards[name] if ready.anew or done_path(folder, each) is None]
        if not left:
            continue
        rows = max(len(shard.rows) for shard in left)
        asked = published.get(name)
        lengths = earlier.lengths.get(name, ())
        if not lengths and asked is not None and asked.avg_tokens is not None:
            lengths = (float(asked.avg_tokens),)
        whole = asked is not None and rows == len(loaded.rows) and _rows(asked) in (None, rows)
        seconds = asked.gen_seconds if asked is not None and same_server and whole else None
        parts.append(Part(name, rows, len(left), lengths, None if seconds is None else float(seconds)))
    return parts


def _rows(asked: Asked) -> int | None:
    """How many rows the published values are a mean over, where one says so as its main value."""
    return next((value.n for value in asked.published if value.main), None)


def _best(ready: Ready, published: Mapping[str, Asked]) -> float | None:
    """The highest tokens a second of one benchmark."""
    speeds = [
        len(part.rows) * asked.avg_tokens / asked.gen_seconds
        for part in ready.loaded
        if (asked := published.get(part.name)) is not None and asked.avg_tokens and asked.gen_seconds
    ]
    return max(speeds, default=None)


def repeated_bill(output_dir: Path, folders: Sequence[Path], gpus: int | None, tokens_per_second: float | None) -> Bill:
    """Return the bill of making the results in these folders again, as many seeds of each."""
    earlier = earlier_run(output_dir, folders)
    parts = [Part(name, earlier.rows[name], earlier.seeds[name], earlier.lengths[name]) for name in earlier.lengths]
    machines = Machines(gpus or earlier.gpus, 1, start=earlier.start)
    return bill(parts, _speed(tokens_per_second, earlier, None), machines)
