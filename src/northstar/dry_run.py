"""What `--dry_run` prints: the plan in words, and one rendered prompt a benchmark."""

from __future__ import annotations

from typing import TYPE_CHECKING

from northstar.engine.loading import LoadedBenchmark, check_eval_config, load_benchmark
from northstar.engine.outputs import done_path
from northstar.engine.registration import check_run
from northstar.engine.unit import benchmark_folder
from northstar.engine.units import units_of

if TYPE_CHECKING:
    from northstar.config.plan import BenchmarkPlan, Plan


def describe(plan: Plan) -> str:
    """The text. Asks and writes nothing. Raises NorthstarError where the run would refuse to start."""
    loaded = [load_benchmark(plan, part) for part in plan.benchmarks]
    try:
        check_run(plan, loaded)
        check_eval_config({part.name: part.grader for part in loaded}, plan.benchmarks[0].settings.eval_config)
        lines = _where(plan)
        for part in loaded:
            lines += ["", *_benchmark(plan, part)]
        prompts = [_first_prompt(part) for part in loaded if part.count]
    finally:
        for part in loaded:
            part.rows.close()
    return "\n".join([*lines, "", *prompts, "", "Dry run: nothing was asked or written."])


def _where(plan: Plan) -> list[str]:
    server = plan.server.model_dump(exclude_defaults=True, exclude={"type", "model", "address", "role"})
    return [
        f"model     {plan.server.model} by {plan.server.type} {plan.server.address or ''}".rstrip(),
        *(["server    " + ", ".join(f"{name} {value}" for name, value in server.items())] if server else []),
        f"output    {plan.output_dir}",
        f"data      {plan.data_dir}",
    ]


def _benchmark(plan: Plan, loaded: LoadedBenchmark) -> list[str]:
    part, settings = loaded.plan, loaded.plan.settings
    units = list(units_of(plan, loaded))
    folder = benchmark_folder(plan.output_dir, loaded.name)
    done = sum(done_path(folder, unit) is not None for unit in units)
    repeats = "one greedy generation" if part.seeds == (None,) else f"{len(part.seeds)} seeds from {part.seeds[0]}"
    samples = sum(len(unit.rows) for unit in units)
    lines = [
        f"{part.name}: split {part.split}, {loaded.count} rows, {repeats}: {samples} samples"
        + (f"; {done} of {len(units)} outputs are done" if done else ""),
        f"  {_sampling(part)}",
    ]
    if loaded.benchmark.tools:
        reader = f"here, in the form {settings.tool_parser}" if settings.use_client_parsing else "by the server"
        lines.append(f"  tool calls are read {reader}")
    if part.judge is not None:
        lines.append(f"  judged by {part.judge.name} at {part.judge.server.address or part.judge.server.type}")
    return lines


def _sampling(part: BenchmarkPlan) -> str:
    inference = part.settings.inference
    sampling = inference.model_dump(exclude_none=True, exclude={"extra_body"}) | inference.extra_body
    sampling["temperature"] = inference.temperature_for(part.seeds[0])
    return ", ".join(f"{key} {value}" for key, value in sorted(sampling.items()))


def _first_prompt(loaded: LoadedBenchmark) -> str:
    messages = loaded.prompt.messages(loaded.rows.row(0), loaded.plan.settings.system_message)
    shown = "\n".join(f"[{message['role']}]\n{message['content']}" for message in messages)
    return f"--- {loaded.name}: the prompt of its first row ---\n{shown}"
