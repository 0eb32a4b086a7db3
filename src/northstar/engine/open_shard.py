"""An open shard, and how its samples are asked, graded and recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from northstar.config.settings import EvalSettings
from northstar.data.rows import Rows
from northstar.engine.benchmark_counters import BenchmarkCounters
from northstar.models.sampling_sources import SamplingOf
from northstar.models.sampling_words import SamplingWords
from northstar.models.templates.opened_reasoning import OpenedReasoning
from northstar.prompts.prompt import Prompt
from northstar.results.journal import Journal
from northstar.results.layout import Shard
from northstar.results.outputs import RecordOf
from northstar.task.grader import Grader
from northstar.task.solver import Solver


@dataclass(frozen=True, slots=True, eq=False)
class Procedure:
    """How the samples of a benchmark are asked, graded and recorded.

    Attributes:
        in_sandbox: the grader runs programs.
        reads_calls: see LoadedBenchmark.
        foreign_prompt: the prompt is a file of the user's.
        defaults: the settings of inference of the benchmark, or its judge.
        typical_tokens: see Benchmark.
        opened: which reasoning the prompts open.
        long_prompts: a row's seeds are asked together; see Benchmark.
    """

    solver: Solver
    grader: Grader
    prompt: Prompt
    settings: EvalSettings
    record: RecordOf
    in_sandbox: bool = False
    reads_calls: bool = False
    foreign_prompt: bool = False
    defaults: Mapping[str, Any] = field(default_factory=dict)
    typical_tokens: int = 0
    opened: OpenedReasoning = field(default_factory=OpenedReasoning)
    long_prompts: bool = False

    def sampling(self, seed: int | None, words: SamplingWords | None, recommended: Mapping[str, float]) -> SamplingOf:
        """Return what requests are sampled with; words, recommended: see SamplingOf."""
        settings = self.settings
        template = settings.chat_template_kwargs
        return SamplingOf(settings.inference, seed, self.defaults, words, recommended, template)


@dataclass(frozen=True, slots=True, eq=False)
class OpenShard:
    """An unfinished shard with its journal, locked against other processes.

    Attributes:
        folder: holds its output.
        results: the name in run.json of the results that it is part of.
    """

    shard: Shard
    rows: Rows
    procedure: Procedure
    journal: Journal
    counters: BenchmarkCounters
    folder: Path
    results: str
