"""`import_generations`: `ns import` as a function."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from northstar.api.keywords import with_keywords
from northstar.api.running import Evaluation, summarized
from northstar.benchmarks.choosing import choose
from northstar.config.options.importing import ImportOptions
from northstar.config.overrides import override_tree, settings_from
from northstar.core.errors import UsageError
from northstar.data.folder import data_folder
from northstar.sandbox.tiers import check_choice

if TYPE_CHECKING:
    from northstar.importing.run import ImportPlan
    from northstar.jobs.executor import Watch

_OF_GRADING = (
    *("parse_reasoning", "end_reasoning_string", "eval_config"),
    *("grading_workers", "sandbox", "unanswered"),
)


def plan_import(options: ImportOptions) -> ImportPlan:
    """Check the options and turn them into a plan. Raises UsageError."""
    from northstar.importing.run import ImportPlan

    if not str(options.output_dir):
        raise UsageError("--output_dir is empty; it names the folder for the results.")
    if "," in options.benchmarks:
        raise UsageError(f"--benchmarks={options.benchmarks}: import one benchmark at a time.")
    if ":" in options.benchmarks:
        name = options.benchmarks.partition(":")[0]
        raise UsageError(f"--benchmarks={options.benchmarks}: the files say how many seeds there are; write {name}.")
    check_choice(options.sandbox)
    tree = override_tree(options.overrides, "--overrides")
    settings = settings_from(tree)
    _check_grading_only(tree)
    extra = tuple(Path(path).expanduser().absolute() for path in options.extra_benchmarks)
    (benchmark,) = choose([options.benchmarks], options.split, extra)
    return ImportPlan(
        path=Path(options.path).expanduser().absolute(),
        output_dir=Path(options.output_dir).expanduser().absolute(),
        benchmark=benchmark,
        split=benchmark.splits.default,
        data_dir=data_folder(options.data_dir),
        settings=settings.asked,
        run=settings.run,
        model=options.model,
        partial=options.partial,
        sandbox=options.sandbox,
        extra_benchmarks=extra,
    )


def run_import(plan: ImportPlan, watch: Watch | None = None) -> Evaluation:
    """Import, grade, and return the Evaluation. Raises NorthstarError."""
    from northstar.executors.local.local_job import recorded
    from northstar.executors.local.run_job import run_job
    from northstar.importing.run import import_generations as run

    counters = run_job(lambda counters: run(plan, counters), recorded(plan.output_dir, kind="import"), watch, log=True)
    return summarized(plan.output_dir, [plan.benchmark.name], plan.extra_benchmarks, counters)


@with_keywords(first="path")
def import_generations(options: ImportOptions, *, progress: bool = True) -> Evaluation:
    """Import generations that another tool made, grade them, and return the metrics. Sends no request.

    Args:
        progress: Show progress on stderr.

    Raises:
        UsageError: An option is wrong.
        NorthstarError: A file cannot be read, rows are missing or don't fit, or the folder holds other results.

    >>> northstar.import_generations("logs/x.eval", benchmarks="aime24", output_dir="out").metrics  # doctest: +SKIP
    """
    from northstar.progress.progress import watch

    return run_import(plan_import(options), watch if progress else None)


def _check_grading_only(tree: Mapping[str, Any]) -> None:
    """Raise UsageError for a setting that says how a model is asked."""
    for name in tree:
        if name not in _OF_GRADING:
            raise UsageError(
                f"++{name} says how a model is asked or which rows, and ns import asks none; it takes "
                f"{', '.join(f'++{each}' for each in _OF_GRADING)}."
            )
