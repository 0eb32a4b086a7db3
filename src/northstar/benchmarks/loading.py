"""Loads what a worker needs of a planned benchmark: rows, prompt, grader, and the identity of its results."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from northstar.benchmarks.generated import benchmark_of, check_of, plain_fields
from northstar.benchmarks.registry import find_benchmark
from northstar.config.plan import BenchmarkPlan, JudgeStage, Plan, ServerPlan
from northstar.config.settings import EvalSettings, PythonToolSettings
from northstar.core.benchmark_name import BenchmarkName
from northstar.core.clock import monotonic
from northstar.core.errors import NorthstarError, UsageError, did_you_mean
from northstar.core.records import Row
from northstar.data.folder import split_path
from northstar.data.input.file import open_input
from northstar.data.rows import RowFile
from northstar.data.source import PackagedFile
from northstar.models.structured.fields import check_structured
from northstar.models.templates.shown_tags import with_tags_shown
from northstar.models.tool_parsers.parser import find_tool_parser
from northstar.prompts.prompt import Prompt, load_prompt
from northstar.servers.arguments.told import told
from northstar.servers.server import find_server_type
from northstar.solvers.tool_loop import ToolLoop
from northstar.task.benchmark import Benchmark
from northstar.task.grader import Grader

CHECK_SECONDS = 20.0


@dataclass(frozen=True)
class LoadedBenchmark:
    """One benchmark of a run, opened; `rows` are those to ask (++max_samples may limit the split)."""

    plan: BenchmarkPlan
    benchmark: Benchmark
    rows: RowFile
    prompt: Prompt
    grader: Grader

    @property
    def name(self) -> str:
        return self.benchmark.name

    @property
    def inference_defaults(self) -> dict[str, Any]:
        """The settings of inference that are the benchmark's own; tools decide on the endpoint."""
        inference = self.plan.settings.inference
        by_tools = {name: getattr(inference, name) for name in ("endpoint_type", "apply_chat_template")}
        return {**self.benchmark.inference, **(by_tools if self.benchmark.calls_tools else {})}

    @property
    def rows_are_sent(self) -> bool:
        """Whether rows bring their messages, and no prompt file is used."""
        return self.benchmark.tools or (self.plan.input is not None and self.plan.input.brings_messages)

    @property
    def reads_calls(self) -> bool:
        """Whether the chat template shows tools to the model, and Northstar parses its calls."""
        return self.benchmark.calls_tools and self.plan.settings.use_client_parsing


def load_benchmark(plan: Plan, part: BenchmarkPlan) -> LoadedBenchmark:
    """Open the benchmark's rows and prompt. Raises NorthstarError if they are missing or malformed."""
    assert plan.generate is not None
    benchmark = benchmark_asked(part, plan.extra_benchmarks)
    part = part.model_copy(update={"settings": asked_settings(benchmark, part.settings, plan.generate.server)})
    if (words := find_server_type(plan.generate.server.type).words(plan.generate.server)) is not None:
        check_structured(part.settings.inference, words)
    prompt = load_prompt(part.settings.prompt_config or benchmark.prompt, plan.generate.data_dir)
    if part.input is not None:  # a library's other names for fields are of its benchmarks
        prompt = dataclasses.replace(prompt, fields=dict)
    rows = rows_of(part, benchmark, plan.generate.data_dir, part.settings.row_limit)
    if isinstance(benchmark.solver, ToolLoop):
        limited = dataclasses.replace(benchmark.solver, settings=python_limits(part.settings))
        benchmark = dataclasses.replace(benchmark, solver=limited)
    grader = configured(benchmark.grader, part.settings.eval_config)
    loaded = LoadedBenchmark(plan=part, benchmark=benchmark, rows=rows, prompt=prompt, grader=grader)
    if not loaded.rows_are_sent:
        _check_fits(loaded)
    return loaded


def benchmark_asked(part: BenchmarkPlan, extra: Sequence[Path] = ()) -> Benchmark:
    """Return the benchmark that a part of a plan asks: one by its name, or the rows of a user's file."""
    return find_benchmark(part.name, extra) if part.input is None else benchmark_of(part.input)


def rows_of(part: BenchmarkPlan, benchmark: Benchmark, data_dir: Path, limit: int | None) -> RowFile:
    """Open the rows that a part of a plan asks, at most `limit`. Raises NorthstarError if one is malformed."""
    if part.input is None:
        return open_rows(benchmark, part.split, data_dir, limit)
    prompt = load_prompt(part.settings.prompt_config or benchmark.prompt, data_dir)
    return open_input(part.input.file, check_of(part.input, prompt), limit)


def _check_fits(loaded: LoadedBenchmark) -> None:
    """Render the user's own prompt for all rows, so that a misfit shows before a server starts.

    Northstar's prompts fit all rows with the fields in `needs`, so one row is enough. A slow prompt is checked for
    CHECK_SECONDS only; a misfit after that ends the run when the row is asked.
    """
    settings, rows, until = loaded.plan.settings, loaded.rows, monotonic() + CHECK_SECONDS
    only_fields = loaded.plan.input is not None and plain_fields(loaded.prompt) is not None
    for number in range(len(rows) if settings.prompt_config and not only_fields else 1):
        loaded.prompt.messages(_first_asked(loaded.plan, rows.row(number)), settings.system_message)
        if monotonic() > until:
            return


def _first_asked(part: BenchmarkPlan, row: Row) -> Row:
    """Return what the prompt is first rendered over: a row, with the fields of its first turn if it has several."""
    turns = None if part.input is None else part.input.multi_turn_key
    return row if turns is None else {**row, **row[turns][0]}


def asked_settings(benchmark: Benchmark, settings: EvalSettings, server: ServerPlan) -> EvalSettings:
    """Return a benchmark's settings as used in its requests."""
    parses_calls = benchmark.calls_tools and settings.use_client_parsing
    marks = find_tool_parser(settings.tool_parser, server.model or "").marks if parses_calls else ()
    return told(with_tags_shown(settings, server, marks), server)


def python_limits(settings: EvalSettings) -> PythonToolSettings:
    """Return the limits of the Python that a benchmark's model is offered."""
    return settings.python_tool or PythonToolSettings()


def judge_settings(judge: JudgeStage) -> EvalSettings:
    """Return a judge's settings as used in its requests."""
    return told(with_tags_shown(judge.settings, judge.server), judge.server)


def open_rows(benchmark: Benchmark, split: str, data_dir: Path, limit: int | None) -> RowFile:
    """Open the prepared rows of a split, at most `limit`; rows in the package are read in place."""
    source = benchmark.source(split)
    if isinstance(source, PackagedFile):
        return RowFile.open(Path(str(source.file)), benchmark.needs, limit=limit)
    path = split_path(data_dir, benchmark.whole_name, split)
    if not path.exists():
        is_default = split == benchmark.splits.default and benchmark.name == benchmark.unsplit_name
        name = BenchmarkName(benchmark.whole_name, "" if is_default else split)
        raise NorthstarError(
            f"{benchmark.name} is not prepared: {path} does not exist. Run ns prepare_data {name} first"
            " (with the same --data_dir)."
        )
    field = None if benchmark.parts is None else benchmark.parts.field
    return RowFile.open(path, benchmark.needs, parted_by=field, part=benchmark.part, limit=limit)


def configured(grader: Grader, config: Mapping[str, Any]) -> Grader:
    """Return the grader with its settings from ++eval_config, checked against their types. Raises UsageError."""
    known = grader_settings(grader)
    own = {key: value for key, value in config.items() if key in known}
    if not own:
        return grader
    from pydantic import TypeAdapter, ValidationError

    current = {key: getattr(grader, key) for key in known}
    try:
        checked: Grader = TypeAdapter(type(grader)).validate_python({**current, **own})
    except ValidationError as error:
        problem = error.errors()[0]
        key = ".".join(str(part) for part in problem["loc"])
        raise UsageError(f"++eval_config.{key}={problem['input']!r}: {problem['msg'].lower()}") from None
    return checked


def grader_settings(grader: Grader) -> list[str]:
    """Return the names of the settings that ++eval_config can set on this grader."""
    if not dataclasses.is_dataclass(grader):
        return []
    return [field.name for field in dataclasses.fields(grader)]


def check_eval_config(graders: Mapping[str, Grader], config: Mapping[str, Any]) -> None:
    """Raise UsageError for a key of ++eval_config that no grader of the run has."""
    known = sorted({name for grader in graders.values() for name in grader_settings(grader)})
    for key in config:
        if key not in known:
            has = f"the graders of {', '.join(graders)} have {', '.join(known) or 'no settings'}"
            raise UsageError(f"unknown setting '++eval_config.{key}'.{did_you_mean(key, known)} ({has})")
