"""A benchmark is a value: where its rows come from, how they are asked, graded and summed up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from northstar.data.source import Source
from northstar.graders.grader import Grader
from northstar.metrics.answers import AnswerMetrics
from northstar.solvers.solver import Solver


@dataclass(frozen=True, kw_only=True)
class Judge:
    """A second model that says of each generation whether it agrees with the reference; the user may name another.

    prompt: a file of northstar/prompts over a record's fields, that asks for a last line 'Judgement: Yes' or
    'Judgement: No'. model: None where the user has to name one. inference: defaults of its settings.
    """

    prompt: str = "judge"
    model: str | None = None
    server_type: str = "openai"
    inference: Mapping[str, Any] = field(default_factory=lambda: {"tokens_to_generate": 4096})


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """Everything about one benchmark; `northstar.benchmarks.registry` finds it by its file.

    name: what the user types. about: one line for `ns prepare_data --list`.
    splits: where the rows of each split come from. prompt: a file of northstar/prompts, without .yaml.
    inference: defaults that fit this benchmark better than the general ones; the user's ++inference.* wins.
    judge: for answers that symbols alone can't grade. needs: fields that every row must have, beside its id.
    """

    name: str
    about: str
    splits: Mapping[str, Source]
    default_split: str = "test"
    prompt: str
    solver: Solver
    grader: Grader
    metrics: AnswerMetrics
    inference: Mapping[str, Any] = field(default_factory=dict)
    judge: Judge | None = None
    needs: tuple[str, ...] = ("problem", "expected_answer")
