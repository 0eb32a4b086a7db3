"""`regrade`: `ns regrade` as a function."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from northstar.api.keywords import with_keywords
from northstar.benchmarks.registry import find_benchmark
from northstar.config.cluster import find_cluster
from northstar.config.mounts import missing_mount, to_host
from northstar.config.options.regrading import RegradingOptions
from northstar.config.overrides import override_tree, settings_from
from northstar.config.path_mapping import mapped_options
from northstar.config.regrading import RegradePlan
from northstar.core.errors import UsageError, did_you_mean
from northstar.data.folder import data_folder
from northstar.results.layout import REGRADED, benchmark_folder, is_regrading_name, regraded_folder, results_folder
from northstar.results.state import output_files
from northstar.sandbox.tiers import check_choice

if TYPE_CHECKING:
    from northstar.engine.counters import RunCounters
    from northstar.jobs.executor import Watch
    from northstar.reports.regrading.changes import Change, Changes
    from northstar.reports.summary import Summary

TAKEN = ("eval_config", "grading_workers", "sandbox", "unanswered")
"""The settings that change how generations are graded, and none that changes how they are asked for."""


@dataclass(frozen=True, repr=False)
class Regrading:
    """The result of `regrade`.

    Attributes:
        output_dir: The output folder.
        name: What the new results are called.
        summary: The tables of the folder, old and new.
        changes: Benchmark → what changed, counted.
    """

    output_dir: Path
    name: str
    summary: Summary
    changes: Mapping[str, Changes]
    counters: RunCounters

    @property
    def metrics(self) -> Any:
        """{benchmark: {mode: {metric: number}}} of the new grades, as in metrics@NAME.json."""
        return self.summary.regraded.get(self.name, {})

    def changed(self, benchmark: str) -> Iterator[Change]:
        """Yield every change of a benchmark: rows with another verdict, or another extracted answer."""
        from northstar.reports.regrading.changes import read_changes

        return read_changes(regraded_folder(benchmark_folder(self.output_dir, benchmark), self.name))

    def __repr__(self) -> str:
        verdicts = sum(each.verdicts for each in self.changes.values())
        return f"Regrading({str(self.output_dir)!r} as {self.name!r}: {verdicts} verdicts changed)"


def plan_regrading(options: RegradingOptions) -> RegradePlan:
    """Check the options and turn them into a plan. Raises UsageError."""
    cluster = find_cluster(options.cluster.cluster, options.cluster.config_dir)
    moved = mapped_options(options, to_host(cluster.mounts, cluster.name))
    name = REGRADED if moved.name is None else moved.name
    if not is_regrading_name(name):
        raise UsageError(f"--name='{name}' names a folder and a file: use up to 100 letters, digits and . _ + - only.")
    check_choice(moved.sandbox)
    output_dir = Path(moved.output_dir).expanduser().absolute()
    extra = tuple(Path(path).expanduser().absolute() for path in moved.extra_benchmarks)
    benchmarks = _benchmarks(output_dir, moved)
    for each in benchmarks:
        find_benchmark(each, extra)
    if moved.answers is not None and len(benchmarks) > 1:
        raise UsageError(
            f"--answers are of one benchmark; name it with --benchmarks: {output_dir} holds {', '.join(benchmarks)}."
        )
    tree = override_tree(moved.overrides, "--overrides")
    if asking := [key for key in tree if key not in TAKEN]:
        raise UsageError(
            f"++{asking[0]} says how the model is asked, and ns regrade asks nobody. It takes ++eval_config.KEY, "
            "++grading_workers, ++sandbox.workers and ++unanswered."
        )
    settings = settings_from(tree)
    return RegradePlan(
        output_dir=output_dir,
        name=name,
        benchmarks=benchmarks,
        eval_config=settings.eval_config,
        answers=None if moved.answers is None else Path(moved.answers).expanduser().absolute(),
        data_dir=data_folder(moved.data_dir),
        run=settings.run,
        sandbox=moved.sandbox,
        extra_benchmarks=extra,
        rerun_done=moved.rerun_done,
    )


def _benchmarks(output_dir: Path, options: RegradingOptions) -> tuple[str, ...]:
    """Return the benchmarks to grade: those named, else all that are there. Raises UsageError."""
    root = results_folder(output_dir)
    folders = [child for child in root.iterdir() if child.is_dir()] if root.is_dir() else []
    there = sorted(folder.name for folder in folders if output_files(folder))
    if not there:
        raise UsageError(
            f"there are no results in {output_dir}: it should be the --output_dir of an ns eval."
            f"{missing_mount(output_dir)}"
        )
    wanted = options.benchmarks.split(",") if isinstance(options.benchmarks, str) else options.benchmarks
    names = tuple(dict.fromkeys(name.strip() for name in wanted)) if wanted else tuple(there)
    for name in names:
        if name not in there:
            raise UsageError(f"--benchmarks: {root} has no results of '{name}'.{did_you_mean(name, there)}")
    return names


def run_regrading(plan: RegradePlan, watch: Watch | None = None) -> Regrading:
    """Run the plan in this process and compare its results with those before. Raises NorthstarError."""
    from northstar.engine.regrading.regrade import check_all_graded, regrade
    from northstar.executors.local.local import run_here
    from northstar.reports.regrading.changes import find_changes
    from northstar.reports.summarize import summarize_results

    counters = run_here(lambda counters: regrade(plan, counters), watch)
    changes = {}
    for name in plan.benchmarks:
        folder = benchmark_folder(plan.output_dir, name)
        metrics = find_benchmark(name, plan.extra_benchmarks).metrics
        changes[name] = find_changes(folder, regraded_folder(folder, plan.name), metrics)
    check_all_graded(counters)
    extra = plan.extra_benchmarks
    summary = summarize_results(
        plan.output_dir, benchmarks=plan.benchmarks, extra_benchmarks=extra, regradings=[plan.name]
    )
    return Regrading(plan.output_dir, plan.name, summary, changes, counters)


@with_keywords(first="output_dir")
def regrade(options: RegradingOptions, *, progress: bool = True) -> Regrading:
    """Grade the finished generations of an output folder again, without a model; the results stand beside the old ones.

    Args:
        progress: Show progress on stderr.

    Raises:
        UsageError: An option is wrong; nothing was graded.
        NorthstarError: The regrading failed; call it again to continue.

    >>> northstar.regrade("out", overrides=["++eval_config.extract_regex=is ([0-9]+)"]).metrics  # doctest: +SKIP
    """
    from northstar.progress.progress import watch

    return run_regrading(plan_regrading(options), watch if progress else None)
