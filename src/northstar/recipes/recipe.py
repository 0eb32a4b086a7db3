"""What a recipe holds: a model, how it was run, and what was published of the runs."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from northstar.config.settings import AllSettings
from northstar.statistics.noise import greatest_variance

_Date = Annotated[str, BeforeValidator(str), Field(pattern=r"^\d{4}(-\d\d(-\d\d)?)?$")]
"""A day, or the month or year if no more is known: 2025-08. YAML makes a date of a day."""


def settings_tree(settings: BaseModel) -> dict[str, Any]:
    """Return the settings that are given, nested as overrides are."""
    given = {name: getattr(settings, name) for name in type(settings).model_fields if name in settings.model_fields_set}
    return {name: settings_tree(each) if isinstance(each, BaseModel) else each for name, each in given.items()}


class Mode(Enum):
    """Which number of k generations a row."""

    PASS_1 = "pass@1"
    MAJORITY = "majority@k"
    PASS_K = "pass@k"

    def of(self, k: int) -> str:
        """Return its name as tables have it.

        >>> Mode.MAJORITY.of(16)
        'majority@16'
        """
        if self is Mode.PASS_1:
            return "pass@1" if k == 1 else f"pass@1[avg-of-{k}]"
        return f"{self.value}".removesuffix("k") + str(k)


class _Typed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Published(_Typed):
    """A published value.

    Attributes:
        value: In percent.
        n: What it is a mean over: rows; of shares of steps the steps; of a category its rows.
        k: Generations a row.
        main: Whether it is one of those that say whether a run was reproduced.
        match: False where a faithful run must not agree; `reason` says why.
        source, date: Where and when it was published; the run's unless given.
    """

    metric: str
    mode: Mode = Mode.PASS_1
    value: float = Field(ge=0, le=100)
    n: int = Field(ge=1)
    k: int = Field(ge=1)
    main: bool = False
    match: bool = True
    reason: str = ""
    source: str = ""
    date: _Date | None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> Published:
        if self.match == bool(self.reason):
            raise ValueError("has a reason without match: false" if self.match else "has match: false without a reason")
        if self.main and not self.match:
            raise ValueError("is main, and must not be matched")
        if self.k == 1 and self.mode is not Mode.PASS_1:
            raise ValueError(f"is a {self.mode.value} of one generation")
        return self

    @property
    def name(self) -> str:
        """Return mode and metric, for people."""
        return f"{self.mode.of(self.k)} {self.metric}"

    def greatest_variance(self, passed: float | None, uneven: float) -> float:
        """Return what w can be at most; `passed` is the published pass@k in percent, None if it is not known."""
        share = None if passed is None else passed / 100
        return greatest_variance(self.value / 100, self.k, share, uneven=uneven)


class Asked(_Typed):
    """How a benchmark is run, and what was published of it.

    Attributes:
        repeats: Seeds; 0 for one greedy generation; with `least` at most so many.
        least: The fewest seeds, where as many are asked as the run's precision takes.
        prompt: The prompt's name; the library's own for the benchmark, or the benchmark's, unless given.
        settings: Those in which this benchmark is not asked as the others.
        avg_tokens, gen_seconds: As published, for the cost.
    """

    repeats: int = Field(ge=0)
    least: int | None = Field(None, ge=1)
    prompt: str | None = None
    settings: AllSettings = AllSettings()
    avg_tokens: int | None = Field(None, ge=0)
    gen_seconds: int | None = Field(None, ge=0)
    published: tuple[Published, ...] = ()

    @property
    def own(self) -> dict[str, Any]:
        """Return the settings that are this benchmark's own, nested as overrides are."""
        prompt = {} if self.prompt is None else {"prompt_config": self.prompt}
        return settings_tree(self.settings) | prompt

    def pass_at_k(self, value: Published) -> float | None:
        """Return the published pass@k that belongs to a pass@1; None if there is none."""
        same = [
            each.value
            for each in self.published
            if each.mode is Mode.PASS_K and (each.metric, each.n, each.k) == (value.metric, value.n, value.k)
        ]
        return same[0] if same else None


class Server(_Typed):
    """How a model is served: the options of these names, with their defaults."""

    type: str | None = None
    address: str | None = None
    gpus: int | None = Field(None, ge=0)
    nodes: int = Field(1, ge=1)
    replicas: int = Field(1, ge=1)
    args: str = ""
    python: str | None = None
    entrypoint: str | None = None


class Judge(_Typed):
    """Who judges, and how it is asked; 'none' judges nothing."""

    model: str
    server: Server | None = None
    settings: AllSettings = AllSettings()


class Run(_Typed):
    """One way to run the model.

    Attributes:
        source, date: Where and when its values were published.
        prompts: A library of prompts, NAME@COMMIT.
        split: Of the benchmarks that have it and name none.
        starting_seed: The first of the seeds.
        precision: What the seeds of a benchmark with `least` are to reach, in points.
        extra_benchmarks: Files of one's own benchmarks.
        settings: Everything that ++key=value sets.
        departures: What differs from the commands that were published, in sentences.
        benchmarks: Benchmark, as --benchmarks has it (livecodebench.test_v5_2410_2502) → how it is run.
    """

    about: str = ""
    source: str = ""
    date: _Date | None = None
    prompts: str | None = None
    split: str | None = None
    starting_seed: int | None = Field(None, ge=0)
    precision: float | None = Field(None, gt=0, lt=100)
    extra_benchmarks: tuple[Path, ...] = ()
    settings: AllSettings = AllSettings()
    server: Server = Server()
    judge: Judge | None = None
    departures: tuple[str, ...] = ()
    benchmarks: Annotated[dict[str, Asked], Field(min_length=1)]

    @model_validator(mode="after")
    def _has_a_precision(self) -> Run:
        if self.precision is None and (grown := [name for name, each in self.benchmarks.items() if each.least]):
            raise ValueError(f"has no precision, which the least number of seeds of {grown[0]} needs")
        return self

    @property
    def published(self) -> int:
        """Return how many values were published of it."""
        return sum(len(asked.published) for asked in self.benchmarks.values())


class Recipe(_Typed):
    """A model and its runs, by name."""

    about: str = ""
    model: str
    runs: Annotated[dict[str, Run], Field(min_length=1)]
