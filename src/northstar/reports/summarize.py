"""`summarize_results`: from output files to numbers, metrics.json and tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from northstar.benchmarks.registry import find_known
from northstar.config.groups import AskedGroup
from northstar.config.mounts import missing_mount
from northstar.core.benchmark_name import GENERATED, parsed_name
from northstar.core.errors import NorthstarError, UsageError, did_you_mean
from northstar.core.paths import AnyPath
from northstar.groups.expanding import expanded_names
from northstar.metrics.answers import BY_ANSWER, MAJORITIES
from northstar.reports.grouped.aggregates import groups_to_show, summed_groups
from northstar.reports.grouped.tables import GroupTable, title_of
from northstar.reports.numbers.generated import generated_summary, has_generated
from northstar.reports.numbers.paces import summarized
from northstar.reports.numbers.part import Part
from northstar.reports.read import NO_PACES
from northstar.reports.run_notes import beyond_the_limit, gpu_hours_used, known_by_name_only, left_to_the_server
from northstar.reports.summary import Summary, Tabled
from northstar.reports.summing import SummedUp, summed_up
from northstar.results.layout import REGRADED, metrics_path, output_dir_of, results_folder
from northstar.results.metrics_file import enter_metrics, write_metrics
from northstar.results.state import output_files


def summarize_results(
    path: AnyPath,
    *,
    benchmarks: str | Sequence[str] | None = None,
    max_samples: int | None = None,
    verbose: bool = False,
    extra_benchmarks: Sequence[AnyPath] = (),
    majority: str = BY_ANSWER,
    regradings: Sequence[str] | None = None,
    partial_groups: bool = False,
    write: bool = True,
) -> Summary:
    """Summarise the complete outputs in an output folder, its eval-results, or one benchmark's folder.

    Writes metrics.json beside the outputs, unless max_samples is given or `write` is false.

    Args:
        path: The folder.
        benchmarks: Only these, in this order; a group stands for its members.
        max_samples: Only the first rows.
        verbose: Tables of subsets too.
        extra_benchmarks: Files with your own benchmarks.
        majority: What majority@k counts of judged answers: 'answer', or as NeMo-Skills 'answer-and-verdict'.
        regradings: The names of the regradings to show beside the results; None for all.
        partial_groups: Give an aggregate of groups of which members are missing, too, over those that are there.
        write: Whether to write metrics.json.

    Returns:
        The numbers and tables. A benchmark that cannot be read, among others and not asked for by name, is one of the
        summary's failures; or a note, if no such benchmark exists.

    Raises:
        NorthstarError: There are no results, or those asked for cannot be read.

    Examples:

    >>> print(northstar.summarize_results("out").text())  # doctest: +SKIP
    """
    if max_samples is not None and max_samples < 1:
        raise UsageError(f"--max_samples={max_samples} must be 1 or more.")
    if majority not in MAJORITIES:
        raise UsageError(
            f"unknown --majority '{majority}'.{did_you_mean(majority, MAJORITIES)} It may be {' or '.join(MAJORITIES)}."
        )
    wanted = benchmarks.split(",") if isinstance(benchmarks, str) else benchmarks
    root = Path(path).expanduser().absolute()
    if root.is_dir() and (wanted == [GENERATED] or has_generated(root)):
        return generated_summary(root)
    extra = [Path(name).expanduser().absolute() for name in extra_benchmarks]
    stripped, asked = _expanded(wanted, extra)
    folders = benchmark_folders(Path(path).expanduser().absolute(), stripped, asked)
    parts: dict[str, Mapping[str, Part]] = {}
    metrics: dict[str, dict[str, Any]] = {}
    regraded: dict[str, dict[str, dict[str, Any]]] = {}
    shown: dict[str, Tabled] = {}
    notes = _notes_of_runs(output_dir_of(folders[0])) if folders else []
    failures: list[str] = []
    left_out: list[str] = []
    for folder in folders:
        try:
            found = summed_up(folder, extra, max_samples, regradings, majority)
        except NorthstarError as error:
            if wanted is not None or len(folders) == 1:
                raise
            foreign = find_known(folder.name, extra) is None
            left_out.append(f"{folder.name} is left out: {error}")
            (notes if foreign else failures).append(left_out[-1])
            continue
        notes += [f"{folder.name}: {note}" for note in (*found.uncounted, *found.notes)]
        if found.parts:
            parts[folder.name] = found.parts
            metrics[folder.name] = as_json(found.parts, found.notes, found.imported, majority)
            shown |= {_title(folder.name, judge, found): part.shown for judge, part in found.parts.items()}
            if found.panel.judges:
                metrics[folder.name] |= {"panel": found.panel.part.modes, "agreement": found.panel.pairs}
                shown[f"{folder.name} (majority of {len(found.panel.judges)} judges)"] = found.panel.part.shown
                shown[f"{folder.name} (agreement of judges)"] = found.panel.shown
                notes += [f"{folder.name}: {note}" for note in found.panel.notes]
        for name, part in found.regraded.items():
            regraded.setdefault(name, {})[folder.name] = as_json({"": part}, [])
            shown[f"{folder.name} ({'regraded' if name == REGRADED else f'regraded as {name}'})"] = part.shown
    if left_out and not metrics:
        raise NorthstarError(" ".join(left_out))
    groups = summed_groups(groups_to_show(asked, stripped, folders), parts, partial=partial_groups)
    shown |= {title_of(group): GroupTable(group) for group in groups}
    if write and max_samples is None:
        for name, numbers in {"": metrics, **regraded}.items():
            failures += _write(folders, numbers, name)
    of_groups = {title_of(group).removeprefix("group "): group.as_json() for group in groups}
    return Summary(metrics, shown, tuple(notes), verbose, tuple(failures), regraded, of_groups)


def _expanded(wanted: Sequence[str] | None, extra: Sequence[Path]) -> tuple[list[str] | None, tuple[AskedGroup, ...]]:
    """Return the benchmarks that are wanted, None for all, and the groups among them."""
    if wanted is None:
        return None, ()
    text, groups = expanded_names([name.strip() for name in wanted], extra)
    return text.split(","), groups


def _notes_of_runs(output_dir: Path | None) -> list[str]:
    if output_dir is None:
        return []
    kept = [*known_by_name_only(output_dir), *left_to_the_server(output_dir)]
    return [*kept, *beyond_the_limit(output_dir), *gpu_hours_used(output_dir)]


def _title(benchmark: str, judge: str, found: SummedUp) -> str:
    marks = [f"imported from {found.imported}"] if found.imported else []
    if len(found.parts) > 1:
        marks.append(f"judge {judge}" if judge else "not judged")
    return f"{benchmark} ({', '.join(marks)})" if marks else benchmark


def as_json(
    parts: Mapping[str, Part], notes: Sequence[str], imported: str | None = None, majority: str = BY_ANSWER
) -> dict[str, Any]:
    """The first judge's numbers as the benchmark's own, the others' under `judges`."""
    first = next(iter(parts.values()))
    content: dict[str, Any] = dict(first.modes)
    if first.subsets:
        content["subsets"] = first.subsets
    if len(parts) > 1:
        content["judges"] = {judge: part.modes for judge, part in parts.items() if judge}
    if majority != BY_ANSWER:
        content["majority"] = majority
    if imported:
        content["imported"] = imported
    content["usage"] = {"model": asdict(first.usage)}
    for judge, part in parts.items():
        if part.judge_usage is not None:
            content["usage"][judge] = asdict(part.judge_usage)
    if streamed := summarized(np.concatenate([NO_PACES, *first.paces])):
        content["streams"] = streamed
    content["answers"] = first.answers.as_json()
    if notes:
        content["notes"] = list(notes)
    return content


def benchmark_folders(path: Path, wanted: Sequence[str] | None, groups: Sequence[AskedGroup] = ()) -> list[Path]:
    """Return the benchmark folders that `path` means, in the order wanted, else by name.

    Members of `groups` may be missing, but not all, and may lie in the folder of their benchmark's own name.
    """
    if not path.is_dir():
        raise UsageError(f"there is no folder {path}.{missing_mount(path)}")
    if has_generated(path):
        raise NorthstarError(f"{path} holds answers of ns generate, which have no scores.")
    root = results_folder(path) if results_folder(path).is_dir() else path
    found = [root] if _is_benchmark(root) else sorted(child for child in root.iterdir() if _is_benchmark(child))
    if not found:
        raise NorthstarError(f"no results in {path}: it should be the --output_dir of ns eval, or lie in it.")
    if wanted is None:
        return found
    by_name = {folder.name: folder for folder in found}
    of_groups = {member.name for group in groups for member in group.there}
    plain = {name: _plain(name) if name in of_groups and name not in by_name else name for name in wanted}
    for name in wanted:
        if name not in by_name and (name not in of_groups or not by_name.keys() & set(plain.values())):
            raise UsageError(
                f"--benchmarks: {root} has no results of '{name}'.{did_you_mean(name, by_name)} "
                f"It has {', '.join(by_name)}."
            )
    return [by_name[name] for name in dict.fromkeys(plain.values()) if name in by_name]


def _plain(name: str) -> str:
    """Return a benchmark's name without its split."""
    parsed = parsed_name(name)
    return name if parsed is None else parsed.benchmark


def _is_benchmark(folder: Path) -> bool:
    return bool(output_files(folder))


def _write(folders: Sequence[Path], metrics: Mapping[str, Mapping[str, Any]], regrading: str) -> list[str]:
    """metrics.json of each benchmark, and of all in eval-results; a sentence where one can't be written.

    `regrading`: whose numbers they are, in metrics@NAME.json.
    """
    try:
        for folder in folders:
            if folder.name in metrics:
                write_metrics(folder, metrics[folder.name], regrading)
        if (output_dir := output_dir_of(folders[0])) is not None:
            gone = [folder.name for folder in folders if folder.name not in metrics]
            enter_metrics(results_folder(output_dir), metrics, gone, regrading)
    except NorthstarError as error:
        return [f"{metrics_path(Path(), regrading)} was not written, and is missing or old: {error}"]
    return []
