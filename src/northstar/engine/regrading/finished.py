"""Finds the finished outputs that are graded anew, with the grader for each."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from northstar.benchmarks.loading import check_eval_config, configured, grader_settings
from northstar.benchmarks.registry import find_benchmark
from northstar.config.regrading import RegradePlan
from northstar.core.errors import NorthstarError
from northstar.engine.regrading.corrections import Id, fingerprint
from northstar.provenance.identity import flattened
from northstar.provenance.provenance import described
from northstar.provenance.results_name import kind_of, results_name
from northstar.results.layout import benchmark_folder, regraded_folder, whole_path
from northstar.results.state import seeds_there
from northstar.task.benchmark import Benchmark
from northstar.task.grader import Grader, described_grader


@dataclass(frozen=True)
class Finished:
    """The finished outputs of one benchmark and kind, greedy or seeds.

    Attributes:
        name: How its folder is called.
        grader: Grades them, with the settings that hold now.
        results: The name of the new results in run.json.
        unfinished: The seeds of which something is there, but not all.
    """

    name: str
    benchmark: Benchmark
    seeds: tuple[int | None, ...]
    grader: Grader
    results: str
    folder: Path
    regraded: Path
    unfinished: tuple[int | None, ...] = ()

    def output(self, seed: int | None) -> Path:
        return whole_path(self.folder, seed)

    def identity(self, answers: Mapping[Id, str]) -> dict[str, Any]:
        """Return what can change the new grades, for run.json."""
        corrected = {"sha256": fingerprint(answers), "rows": len(answers)} if answers else {}
        return flattened({"grader": described_grader(self.grader), "answers": corrected})


def find_finished(plan: RegradePlan) -> list[Finished]:
    """Find what the plan grades. Raises NorthstarError if nothing is finished, UsageError for a wrong setting."""
    found: list[Finished] = []
    for name in plan.benchmarks:
        benchmark = find_benchmark(name, plan.extra_benchmarks)
        folder = benchmark_folder(plan.output_dir, name)
        there, whole = seeds_there(folder), seeds_there(folder, whole=True)
        for kind in dict.fromkeys(map(kind_of, there)):
            seeds = [seed for seed in there if kind_of(seed) == kind]
            identity = described(plan.output_dir, results_name(name, seeds[0]))
            finished = Finished(
                name,
                benchmark,
                tuple(seed for seed in seeds if seed in whole),
                _grader(benchmark.grader, identity, plan.eval_config),
                results_name(name, seeds[0], regrading=plan.name),
                folder,
                regraded_folder(folder, plan.name),
                tuple(seed for seed in seeds if seed not in whole),
            )
            found.append(finished)
    check_eval_config({each.name: each.benchmark.grader for each in found}, plan.eval_config)
    if not any(each.seeds for each in found):
        raise NorthstarError(
            f"no seed in {plan.output_dir} is complete; the same ns eval goes on with it, then ns regrade grades it."
        )
    return found


def _grader(grader: Grader, identity: Mapping[str, Any], config: Mapping[str, Any]) -> Grader:
    """Return today's grader with the settings of the run, but for those that are given now."""
    same = identity.get("grader.name") == grader.identity().get("name")
    names = free_settings(grader) if same else []
    kept = {name: identity[f"grader.{name}"] for name in names if f"grader.{name}" in identity}
    return configured(grader, {**kept, **config})


def free_settings(grader: Grader) -> list[str]:
    """Return the settings that the benchmark itself leaves as they are: what it sets, such as a package, is today's."""
    names = grader_settings(grader)
    if not dataclasses.is_dataclass(grader):
        return names
    defaults = {field.name: field.default for field in dataclasses.fields(grader)}
    return [name for name in names if getattr(grader, name) == defaults[name]]
