"""`verify`: `ns verify` as a function."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from northstar.api.bundling.archive import CLAIMED, unpack
from northstar.api.bundling.filling import Filled, fill
from northstar.api.bundling.judged import unchecked_verdicts, wrong_verdicts
from northstar.api.bundling.settings import copy_settings, said_of_settings
from northstar.api.bundling.weights import other_weights
from northstar.benchmarks.registry import find_known
from northstar.config.regrading import RegradePlan
from northstar.core.errors import NorthstarError, UsageError
from northstar.core.parsing import Malformed, parsed_json
from northstar.core.paths import AnyPath
from northstar.core.text import counted
from northstar.data.folder import data_folder
from northstar.provenance.older_graders import older_grader
from northstar.provenance.provenance import described
from northstar.provenance.results_name import results_name
from northstar.reports.summarize import as_json, benchmark_folders
from northstar.reports.summary import Shown, Summary
from northstar.reports.summing import summed_up
from northstar.results.layout import benchmark_folder, regraded_folder
from northstar.results.state import output_files
from northstar.sandbox.tiers import check_choice
from northstar.task.benchmark import Benchmark

if TYPE_CHECKING:
    from northstar.jobs.executor import Watch
    from northstar.reports.regrading.changes import Changes

NAME = "verified"
_MOST_NUMBERS = 20


@dataclass(frozen=True)
class Verified:
    """The result of `verify`.

    Attributes:
        file: The bundle.
        lines: What was checked of each benchmark, and what could not be, a sentence each.
        differences: What differs, a sentence each; empty if nothing does.
        changes: Benchmark → the verdicts that differ.
        summary: The tables, derived anew from the records.
        unchecked: The benchmarks of which nothing could be graded here.
    """

    file: Path
    lines: tuple[str, ...]
    differences: tuple[str, ...]
    changes: Mapping[str, Changes]
    summary: Summary
    unchecked: tuple[str, ...] = ()

    @property
    def agrees(self) -> bool:
        """Whether each benchmark could be checked, and nothing differs."""
        return not self.differences and not self.unchecked


def verify(
    bundle: AnyPath,
    *,
    data_dir: AnyPath | None = None,
    extra_benchmarks: Sequence[AnyPath] = (),
    sandbox: str = "auto",
    progress: bool = True,
) -> Verified:
    """Grade the generations of a bundle again, compute its table from the grades, and say what differs. Needs no model.

    Args:
        bundle: A file that `bundle` wrote, by whomever.
        data_dir: Where prepared rows are, for rows that are not in the bundle and to compare the others with.
        extra_benchmarks: Files with your own benchmarks.
        sandbox: What keeps in programs that the model wrote.
        progress: Show progress on stderr.

    Raises:
        NorthstarError: The file is no bundle, or was damaged.

    >>> northstar.verify("table.nsb").agrees  # doctest: +SKIP
    """
    from northstar.progress.progress import watch

    check_choice(sandbox)
    file = Path(bundle).expanduser().absolute()
    extra = tuple(Path(path).expanduser().absolute() for path in extra_benchmarks)
    with tempfile.TemporaryDirectory(prefix="northstar-verify-") as folder:
        claimed, check = Path(folder, "claimed"), Path(folder, "check")
        claimed.mkdir()
        try:
            contents = unpack(file, claimed)
            check.mkdir()
            verifying = _Verifying(file, claimed, check, data_folder(data_dir), extra, sandbox)
            head = f"{file.name}: made by Northstar {contents.northstar[:40]}"
            return verifying.verified(head, watch if progress else None)
        except NorthstarError as error:  # of a file that nobody but this function sees
            there = str(error).replace(f"{claimed}/", f"{file}: ").replace(f"{check}/", f"{file}: ")
            raise type(error)(there) from error


@dataclass(frozen=True)
class _Verifying:
    """A bundle that was unpacked: `claimed` is its output folder, `check` one to grade."""

    file: Path
    claimed: Path
    check: Path
    data_dir: Path
    extra: tuple[Path, ...]
    sandbox: str

    def verified(self, head: str, watch: Watch | None) -> Verified:
        known = self._known()
        copy_settings(self.file, self.claimed, self.check, known)
        filled = {
            name: fill(self.claimed, self.check, name, benchmark, self.data_dir) for name, benchmark in known.items()
        }
        changes = self._graded(known, watch)
        differences: list[str] = []
        lines = [head]
        for name, benchmark in known.items():
            lines += self._said(name, benchmark, filled[name], changes.get(name))
            judged = wrong_verdicts(benchmark_folder(self.claimed, name), benchmark.labels)
            differences += [f"{name}: {each}" for each in (*filled[name].otherwise, *judged)]
            if name in changes and (verdicts := changes[name].verdicts + changes[name].only_extracted):
                differences.append(f"{name}: {counted(verdicts, 'grade')} of {changes[name].graded} came out otherwise")
            differences += self._other_weights(name, benchmark)
        shown, of_numbers = self._derived(known)
        unchecked = tuple(name for name in known if name not in changes or not changes[name].graded)
        return Verified(self.file, tuple(lines), (*differences, *of_numbers), changes, Summary({}, shown), unchecked)

    def _known(self) -> dict[str, Benchmark]:
        """Return the bundle's benchmarks. Raises UsageError for one that is not known here."""
        known: dict[str, Benchmark] = {}
        for folder in benchmark_folders(self.claimed, None):
            benchmark = find_known(folder.name, self.extra)
            if benchmark is None:
                raise UsageError(
                    f"{self.file} has results of '{folder.name}', which is no benchmark here: name its file with "
                    "--extra_benchmarks."
                )
            known[folder.name] = benchmark
        return known

    def _graded(self, known: Mapping[str, Benchmark], watch: Watch | None) -> dict[str, Changes]:
        """Grade what can be graded here; return what came out otherwise."""
        from northstar.engine.regrading.regrade import check_all_graded, regrade
        from northstar.executors.local.local import run_here
        from northstar.reports.regrading.changes import find_changes

        there = tuple(name for name in known if output_files(benchmark_folder(self.check, name)))
        if not there:
            return {}
        plan = RegradePlan(
            output_dir=self.check,
            name=NAME,
            benchmarks=there,
            data_dir=self.data_dir,
            sandbox=self.sandbox,
            extra_benchmarks=self.extra,
        )
        try:
            counters = run_here(lambda counters: regrade(plan, counters), watch)
        except (AttributeError, KeyError, TypeError, ValueError) as error:  # in a grader, of what no run writes
            raise NorthstarError(
                f"{self.file} has a record that is none of its benchmark ({type(error).__name__}: {error})."
            ) from error
        check_all_graded(counters)
        folders = {name: benchmark_folder(self.check, name) for name in there}
        return {
            name: find_changes(folder, regraded_folder(folder, NAME), known[name].metrics)
            for name, folder in folders.items()
        }

    def _other_weights(self, name: str, benchmark: Benchmark) -> list[str]:
        folder, weight = benchmark_folder(self.check, name), benchmark.metrics.weight
        number = other_weights(folder, regraded_folder(folder, NAME), weight) if weight is not None else 0
        return [f"{name}: {counted(number, 'record')} with another {weight} than their grader gives"] if number else []

    def _said(self, name: str, benchmark: Benchmark, filled: Filled, changes: Changes | None) -> list[str]:
        """Return what was checked of a benchmark, and what could not be."""
        graded = 0 if changes is None else changes.graded
        lines = [f"{name}: {graded} of {counted(filled.records, 'generation')} graded anew"]
        lines += [f"{name}: {count} not checkable: {why}" for why, count in filled.unchecked.items()]
        if benchmark.unpublished:
            lines += [f"{name}: {each}" for each in unchecked_verdicts(benchmark_folder(self.claimed, name))]
        lines += [f"{name}: {note}" for note in filled.notes]
        lines += said_of_settings(self.claimed, self.check, name, benchmark)
        for seed in (None, 0):
            if by := older_grader(described(self.claimed, results_name(name, seed)), benchmark):
                lines.append(f"{name} was graded by {by}: a difference may be the grader's")
        return lines

    def _derived(self, known: Mapping[str, Benchmark]) -> tuple[dict[str, Shown], list[str]]:
        """Derive the tables from the records; return them, and how their numbers differ from the claimed ones."""
        try:
            claimed = parsed_json((self.claimed / CLAIMED).read_bytes())
        except Malformed as error:
            raise NorthstarError(f"{self.file} holds a {CLAIMED} that is no JSON ({error}).") from None
        if not isinstance(claimed, dict):
            raise NorthstarError(f"{self.file} holds a {CLAIMED} without benchmarks.")
        shown: dict[str, Shown] = {}
        found: dict[str, Any] = {}
        for name in known:
            summed = summed_up(benchmark_folder(self.claimed, name), self.extra, None, regradings=[])
            found[name] = as_json(summed.parts, [])
            shown |= {
                name if len(summed.parts) == 1 else f"{name} ({judge or 'not judged'})": part.shown
                for judge, part in summed.parts.items()
            }
        differing = _differing(claimed, found)
        more = len(differing) - _MOST_NUMBERS
        return shown, [*differing[:_MOST_NUMBERS], *([f"… and {more} more numbers"] if more > 0 else [])]


def _differing(claimed: Any, found: Any, path: tuple[str, ...] = ()) -> list[str]:
    """Return a sentence for each number that is claimed otherwise than it is found."""
    if isinstance(claimed, dict) and isinstance(found, dict):
        keys = [*claimed, *(key for key in found if key not in claimed)]
        return [line for key in keys for line in _differing(claimed.get(key), found.get(key), (*path, str(key)))]
    if isinstance(claimed, list) and isinstance(found, list) and len(claimed) == len(found):
        pairs = zip(claimed, found, strict=True)
        return [line for number, pair in enumerate(pairs) for line in _differing(*pair, (*path, str(number)))]
    if claimed == found or (_is_number(claimed) and _is_number(found) and _is_close(claimed, found)):
        return []
    return [f"{' '.join(path)[:200]}: {_shown(claimed)} in the bundle's table, {_shown(found)} by its records"]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_close(one: float, other: float) -> bool:
    try:
        return math.isclose(one, other, rel_tol=1e-9)
    except OverflowError:  # an integer that no float holds
        return False


def _shown(value: Any) -> str:
    return "nothing" if value is None else repr(value)[:80]
