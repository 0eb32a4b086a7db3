"""`ns report`: writes a run, or several, as one file that can be handed on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from markupsafe import Markup

from northstar.comparison.compare import run_names
from northstar.core.atomic import whole_file
from northstar.core.clock import wall
from northstar.core.errors import NorthstarError, UsageError, did_you_mean
from northstar.core.paths import AnyPath
from northstar.core.regular import check_regular
from northstar.pages.environment import environment, shared_style
from northstar.pages.report.charts import Chart
from northstar.pages.report.content import Section, Table, comparisons_of, main_scores, run_charts, sections_of
from northstar.pages.report.drawing import check_installed
from northstar.pages.report.markdown import as_markdown
from northstar.pages.report.reading import RunRead, read_for_report
from northstar.recipes.reading import chosen_run
from northstar.recipes.tables import cells_of, legend_of, title_of
from northstar.recipes.verdicts import judge_run
from northstar.version import __version__

FORMS = ("html", "markdown")
SAMPLES = 6
_OF_A_REPORT = re.compile(
    rb'<!doctype html>.{0,200}<meta name="generator" content="Northstar">|## [^\n]*\n\nNorthstar ', re.DOTALL
)
"""How each form begins."""


@dataclass(frozen=True)
class Report:
    """Everything that a report says."""

    title: str
    made: str
    version: str
    runs: Sequence[RunRead]
    scores: Table
    verdicts: Table | None
    comparisons: Sequence[Table]
    charts: Sequence[Chart] = ()
    sections: Sequence[Section] = ()

    @property
    def failures(self) -> list[str]:
        return [f"{run.name}: {failure}" for run in self.runs for failure in run.failures]

    def html(self) -> str:
        """Return the report as one page that needs nothing else."""
        env = environment("northstar.pages.report")
        assert env.loader is not None
        own = Markup(env.loader.get_source(env, "report.css")[0])
        return env.get_template("report.html").render(report=self, style=shared_style(), own_style=own).lstrip()

    def markdown(self) -> str:
        """Return its tables, for a pull request."""
        about = f"Northstar {self.version}, {self.made}"
        return as_markdown(self.title, about, self.scores, self.runs, self.verdicts, self.comparisons)


def report(
    paths: Sequence[AnyPath] | AnyPath,
    *,
    output: AnyPath | None = None,
    form: str = "html",
    samples: int = SAMPLES,
    benchmarks: str | Sequence[str] | None = None,
    recipe: str | None = None,
    margin: float = 1.0,
    include_gated: bool = False,
    extra_benchmarks: Sequence[AnyPath] = (),
) -> Report:
    """Make a report of a run, beside other runs if there are any; the runs themselves stay as they are.

    Args:
        paths: The output folder, and those of other runs that it is compared with.
        output: The file to write; None writes none.
        form: 'html' or 'markdown'.
        samples: How many samples of each benchmark are shown in HTML, the same ones each time.
        benchmarks: Only these.
        recipe: Also whether the first run agrees with what was published: NAME:RUN.
        margin: With a recipe: the largest difference that doesn't matter, in points.
        include_gated: Also samples of benchmarks whose authors ask not to publish their rows.
        extra_benchmarks: Files with your own benchmarks.

    Raises:
        UsageError: An option is wrong.
        NorthstarError: Results can't be read, or charts can't be drawn.

    >>> northstar.report("out", output="report.html")  # doctest: +SKIP
    """
    if form not in FORMS:
        raise UsageError(f"unknown --format '{form}'.{did_you_mean(form, FORMS)} It may be {' or '.join(FORMS)}.")
    if samples < 0:
        raise UsageError(f"--samples={samples} must be 0 or more.")
    given = [str(path) for path in ([paths] if isinstance(paths, str) or not isinstance(paths, Sequence) else paths)]
    extra = [Path(path).expanduser().absolute() for path in extra_benchmarks]
    wanted = [name.strip() for name in benchmarks.split(",")] if isinstance(benchmarks, str) else benchmarks
    place = None if output is None else Path(output).expanduser().absolute()
    if place is not None:
        _check_replaceable(place)
    if form == "html":
        check_installed()
    chosen = None if recipe is None else chosen_run(recipe, extra)
    runs = [
        read_for_report(name, Path(path).expanduser().absolute(), wanted, extra)
        for name, path in zip(run_names(given), given, strict=True)
    ]
    verdicts = None
    if chosen is not None:
        found = judge_run(given[0], chosen, margin=margin, extra=extra)
        verdicts = Table(title_of(found), cells_of(found), [legend_of(found), *found.notes])
    made = datetime.fromtimestamp(wall(), UTC).strftime("%Y-%m-%d %H:%M UTC")
    others = ", ".join(run.name for run in runs[1:])
    title = f"{runs[0].name} against {others}" if others else runs[0].name
    whole = Report(title, made, __version__, runs, main_scores(runs), verdicts, comparisons_of(runs))
    if form == "html":
        sections = sections_of(runs, samples, extra, include_gated=include_gated)
        whole = replace(whole, charts=run_charts(runs), sections=sections)
    if place is not None:
        with whole_file(place) as file:
            file.write((whole.html() if form == "html" else whole.markdown()).encode("utf-8", "replace"))
    return whole


def _check_replaceable(place: Path) -> None:
    """Raise UsageError for a file that holds anything but a report: it may be all there is of a run."""
    check_regular(place)
    try:
        with place.open("rb") as file:
            begins = file.read(4096)
    except FileNotFoundError:
        return
    except OSError as error:
        raise NorthstarError(f"cannot write {place}: {error.strerror}.") from None
    if begins and not _OF_A_REPORT.match(begins):
        raise UsageError(f"{place} is there already, and is no report; remove it, or choose another --output.")
