"""`generate`: `ns generate` as a function."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from northstar.api.evaluation import setting_instead
from northstar.api.generating.extraction import read_extraction, read_labels
from northstar.api.generating.own_settings import Asking, parted
from northstar.api.judging import plan_judges
from northstar.api.keywords import with_keywords
from northstar.api.planned_server import plan_server
from northstar.api.prompting import chosen_library
from northstar.api.running import Evaluation, executor_here, run_plan
from northstar.benchmarks.generated import INPUT, benchmark_of, labels_of
from northstar.config.chunking import parse_chunks
from northstar.config.cluster import Cluster, find_cluster
from northstar.config.input.rows import InputRows
from northstar.config.mounts import to_host
from northstar.config.options.generating import GenerateOptions
from northstar.config.options.option import given_options
from northstar.config.overrides import override_tree, settings_from
from northstar.config.path_mapping import mapped_options, named_as_written
from northstar.config.plan import LARGEST_SEED, BenchmarkPlan, GenerateStage, JudgeStage, Plan
from northstar.config.settings import AllSettings, EvalSettings
from northstar.core.benchmark_name import GENERATED
from northstar.core.errors import UsageError
from northstar.data.folder import data_folder
from northstar.prompts.names import whole_name

MOST_SEEDS = 10_000
FORMATS = ("jsonl", "parquet")


def plan_generation(options: GenerateOptions) -> Plan:
    """Check the options offline and turn them into a plan. Raises UsageError."""
    cluster = find_cluster(options.cluster.cluster, options.cluster.config_dir)
    if not str(options.output_dir):
        raise UsageError("--output_dir is empty; it names the folder for the answers.")
    if options.output_format not in FORMATS:
        raise UsageError(f"--output_format={options.output_format} must be {' or '.join(FORMATS)}.")
    asking, others = parted(options.overrides)
    moved = mapped_options(replace(options, overrides=others), to_host(cluster.mounts, cluster.name))
    settings = settings_from(override_tree(moved.overrides, "--overrides"), {})
    rows = _rows(moved, asking, settings)
    asked = _with_prompt(settings.asked, moved, asking)
    seeds = seeds_of(options)
    server = named_as_written(plan_server(moved.server, cluster), options.server.model)
    data_dir = data_folder(moved.data_dir)
    return Plan(
        output_dir=Path(moved.output_dir).expanduser().absolute(),
        generate=GenerateStage(
            server=server,
            benchmarks=(BenchmarkPlan(name=GENERATED, split=INPUT, seeds=seeds, settings=asked, input=rows),),
            data_dir=data_dir,
            run=settings.run,
            chunks=parse_chunks(options.num_chunks, options.chunk_ids),
        ),
        judges=_judges(rows, seeds, moved, options, cluster, data_dir),
        rerun_done=options.rerun_done,
        pooled=options.jobs.shares,
    )


def _rows(options: GenerateOptions, asking: Asking, settings: AllSettings) -> InputRows:
    file = Path(options.input_file).expanduser().absolute()
    if not file.exists():
        raise UsageError(f"--input_file: there is no file {file}.")
    rows = InputRows(
        file=file,
        prompt_format=asking.prompt_format,
        prompt_key=asking.prompt_key,
        multi_turn_key=asking.multi_turn_key,
        extract=read_extraction(options.extract, options.extract_field, settings.inference.json_schema),
        judge_labels=read_labels(options.judge_labels),
        parquet=options.output_format == "parquet",
    )
    if settings.eval_config:
        raise UsageError(f"++eval_config.{next(iter(settings.eval_config))}: ns generate has no grader.")
    return rows


def _with_prompt(settings: EvalSettings, options: GenerateOptions, asking: Asking) -> EvalSettings:
    """Return the settings with the whole name of the prompt. Raises UsageError where one is missing, or unused."""
    given = settings.prompt_config
    if asking.prompt_format != "ns":
        if given is not None:
            raise UsageError(
                f"++prompt_config={given}: with ++prompt_format={asking.prompt_format} the rows bring what is asked, "
                "and no prompt file is used."
            )
        return settings
    if given is None:
        raise UsageError(
            "missing ++prompt_config=FILE: a prompt over the rows' fields; or ++prompt_format=openai, if rows have "
            "messages, or ++prompt_format=text, if they have a text."
        )
    return settings.model_copy(update={"prompt_config": whole_name(given, chosen_library(options.words))})


def seeds_of(options: GenerateOptions) -> tuple[int | None, ...]:
    """Return the seeds that are asked; (None,) for one greedy answer. Raises UsageError."""
    number = options.num_random_seeds
    if options.num_samples is not None:
        if number not in (None, options.num_samples):
            raise UsageError(
                f"--num_random_seeds={number} and --num_samples={options.num_samples} are two names of one number: "
                "leave one out."
            )
        number = options.num_samples
    first = options.starting_seed
    if options.random_seeds is not None:
        if number is not None or first is not None:
            raise UsageError(
                "--random_seeds says which seeds are asked: leave out --num_random_seeds and --starting_seed."
            )
        return _listed(options.random_seeds)
    if number is None:
        if first is not None:
            raise UsageError(
                f"--starting_seed={first} is the first of several seeds: --num_random_seeds says how many."
            )
        return (None,)
    if not 1 <= number <= MOST_SEEDS:
        raise UsageError(f"--num_random_seeds={number} must lie between 1 and {MOST_SEEDS}.")
    start = first or 0
    if not 0 <= start <= LARGEST_SEED - number:
        raise UsageError(f"--starting_seed={start} must lie between 0 and {LARGEST_SEED - number}.")
    return tuple(range(start, start + number))


def _listed(text: str) -> tuple[int, ...]:
    seeds: list[int] = []
    for part in text.split(","):
        match = re.fullmatch(r"\s*(\d{1,10})(?:\s*(?:\.\.|-)\s*(\d{1,10}))?\s*", part)
        first, last = (0, -1) if match is None else (int(match[1]), int(match[2] or match[1]))
        if not 0 <= first <= last <= LARGEST_SEED or len(seeds) + last - first >= MOST_SEEDS:
            raise UsageError(f"--random_seeds='{text}' must be numbers like 0,3 or a range like 0-3.")
        seeds += range(first, last + 1)
    if len(set(seeds)) < len(seeds):
        raise UsageError(f"--random_seeds='{text}' names a seed twice.")
    return tuple(seeds)


def _judges(
    rows: InputRows,
    seeds: tuple[int | None, ...],
    moved: GenerateOptions,
    written: GenerateOptions,
    cluster: Cluster,
    data_dir: Path,
) -> tuple[JudgeStage, ...]:
    given = given_options(moved.judge)
    if moved.judge.server.model is None:
        if given or rows.judge_labels:
            first = next(iter(given), "judge_labels")
            raise UsageError(f"--{first} needs --judge_model, which says who judges.")
        return ()
    if rows.judge_labels:
        labels_of(rows)
    else:
        rows = rows.model_copy(update={"judge_labels": (("yes", 1.0), ("no", 0.0))})
    tree = override_tree(moved.judge.extra_judge_args, "--extra_judge_args")
    if not tree.get("prompt_config"):
        raise UsageError(
            "--judge_model needs a prompt of your own over the records' fields (the rows' and generation): "
            "--extra_judge_args='++prompt_config=judge.yaml'. It asks for one of the labels."
        )
    return plan_judges(
        [(benchmark_of(rows), seeds)],
        moved.judge,
        cluster,
        written=written.judge,
        library=chosen_library(moved.words),
        data_dir=data_dir,
    )


@with_keywords(first="input_file", hint=setting_instead)
def generate(options: GenerateOptions, *, progress: bool = True) -> Evaluation:
    """Ask a model the rows of a file and write its answers beside them, in the rows' order; goes on where it was.

    Args:
        progress: Show progress on stderr.

    Returns:
        The result; its `records()` are the rows with their answers.

    Raises:
        UsageError: An option is wrong; no request was sent.
        NorthstarError: A row is malformed, or the run failed; call it again to continue.

    >>> result = northstar.generate(  # doctest: +SKIP
    ...     "rows.jsonl", output_dir="out", model="m", server_address="http://localhost:8000/v1",
    ...     overrides=["++prompt_config=prompt.yaml"],
    ... )
    """
    from northstar.progress.progress import watch

    executor = executor_here(options.cluster, "ns generate --cluster")
    return run_plan(plan_generation(options), watch if progress else None, executor)
