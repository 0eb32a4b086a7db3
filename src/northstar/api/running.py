"""Run a plan on this machine and return its Evaluation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from northstar.config.cluster import Cluster, find_cluster
from northstar.config.options.jobs import JobOptions
from northstar.core.benchmark_name import GENERATED
from northstar.core.errors import NorthstarError, UsageError, did_you_mean
from northstar.core.parsing import parsed_json
from northstar.core.regular import check_regular
from northstar.core.text import counted
from northstar.results.layout import benchmark_folder
from northstar.results.record_lines import parsed_record
from northstar.results.state import output_files

if TYPE_CHECKING:
    from northstar.config.options.cluster import ClusterOptions
    from northstar.config.plan import Plan
    from northstar.engine.counters import RunCounters
    from northstar.jobs.executor import Executor, Watch
    from northstar.recipes.verdicts import Verdicts
    from northstar.reports.summary import Summary


@dataclass(frozen=True, repr=False)
class Evaluation:
    """The result of `evaluate`.

    Attributes:
        output_dir: The output folder.
        summary: The tables of the folder.
        counters: The counters of this run.
        verdicts: Whether the results agree with what their recipe has as published; None without one.
    """

    output_dir: Path
    summary: Summary
    counters: RunCounters
    verdicts: Verdicts | None = None

    @property
    def metrics(self) -> Any:
        """{benchmark: {mode: {metric: number}}}, as in metrics.json."""
        return self.summary.metrics

    @property
    def notes(self) -> tuple[str, ...]:
        """The notes under the tables: what is missing or failed, and why."""
        return (*self.summary.notes, *self.summary.failures)

    def records(self, benchmark: str = GENERATED) -> Iterator[dict[str, Any]]:
        """Yield the records of a benchmark's finished outputs: the greedy generation's first, then seed by seed.

        Raises:
            UsageError: There are none.
            NorthstarError: A line is not a record; raised while iterating.
        """
        found = [file.path for file in output_files(benchmark_folder(self.output_dir, benchmark)) if file.is_whole]
        if not found:
            hint = did_you_mean(benchmark, self.metrics)
            raise UsageError(f"{self.output_dir} has no whole output of '{benchmark}'.{hint}")
        return _records(found)

    def __repr__(self) -> str:
        """Summarize in one line; `print(result.summary.text())` prints the tables."""
        done = f"{self.counters.generated} of {counted(self.counters.total, 'generation')}"
        return f"Evaluation({str(self.output_dir)!r}: {', '.join(self.metrics) or 'nothing'}; {done})"

    def _repr_html_(self) -> str:
        return self.summary._repr_html_()

    def _repr_markdown_(self) -> str:
        return self.summary._repr_markdown_()


def _records(files: Sequence[Path]) -> Iterator[dict[str, Any]]:
    for path in files:
        check_regular(path)
        with path.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                yield parsed_record(path, number, line, parsed_json)


class SamplesLeftOpen(NorthstarError):
    """Some samples got no answer or no grade; the others are done. evaluation: the results so far."""

    def __init__(self, message: str, evaluation: Evaluation) -> None:
        super().__init__(message)
        self.evaluation = evaluation


def executor_here(where: ClusterOptions, otherwise: str) -> Executor:
    """Return the cluster's executor, which runs plans while the caller waits.

    Args:
        where: The cluster.
        otherwise: What to use for a cluster that has a queue.

    Raises:
        UsageError: The cluster has a queue.
    """
    from northstar.executors.choice import executor_of

    cluster = find_cluster(where.cluster, where.config_dir)
    executor = executor_of(cluster)
    if not executor.here:
        raise UsageError(f"cluster {cluster.name} runs jobs in a queue: use {otherwise}.")
    return executor


def run_plan(plan: Plan, watch: Watch | None = None, executor: Executor | None = None) -> Evaluation:
    """Run a plan while the caller waits and return its Evaluation.

    Args:
        plan: The plan to run.
        watch: Shows the progress.
        executor: An executor that runs plans on this machine; None for this process.

    Raises:
        NorthstarError: The run failed.
        SamplesLeftOpen: Some samples got no answer, grade or judgement; holds the tables.
    """
    from northstar.executors.choice import executor_of
    from northstar.exporting.generated import write_parquet_outputs

    submitted = (executor or executor_of(Cluster())).submit(plan, JobOptions(), watch=watch)
    assert submitted.counters is not None, "an executor that queues jobs has no Evaluation"
    write_parquet_outputs(plan)
    return summarized(plan.output_dir, list(plan.benchmarks), plan.extra_benchmarks, submitted.counters)


def summarized(output_dir: Path, benchmarks: list[str], extra: Sequence[Path], counters: RunCounters) -> Evaluation:
    """Summarize a run. Raises SamplesLeftOpen, with the tables, if some samples got no answer or no grade."""
    from northstar.reports.summarize import summarize_results

    evaluation = Evaluation(
        output_dir, summarize_results(output_dir, benchmarks=benchmarks, extra_benchmarks=extra), counters
    )
    for each in (counters, *counters.judging):
        if each.open:
            what = "generations got no judgement" if each.judge else "samples got no answer"
            raise SamplesLeftOpen(
                f"{each.open} of {each.total} {what} ({each.last_failure}); seeds that miss some are not "
                "in the table. Run the same command again to ask them.",
                evaluation,
            )
    if counters.tools_lost:
        raise SamplesLeftOpen(
            f"the simulated tools of {counters.tools_lost} of {counters.total} samples gave no result "
            f"({counters.last_loss}); seeds that miss some are not in the table. Run the same command again to go on "
            "with them.",
            evaluation,
        )
    if counters.grades_lost:
        raise SamplesLeftOpen(
            f"{counters.grades_lost} of {counters.total} answers could not be graded ({counters.last_loss}); seeds "
            "that miss some are not in the table. Run the same command again to grade them, or with "
            "++unanswered=record_error to count them as wrong, with a note.",
            evaluation,
        )
    return evaluation
