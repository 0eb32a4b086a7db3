"""Says of each sampling value of a request where it comes from, and what of the model's own file is not sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from northstar.config.settings import InferenceSettings
from northstar.models.sampling_words import SamplingWords, is_neutral, neutral_values
from northstar.models.templates.shown_tags import SKIP


class Source(StrEnum):
    """Where a sampling value comes from."""

    GIVEN = "given"
    BENCHMARK = "benchmark"
    DEFAULT = "default"
    NEUTRAL = "neutral"
    MODEL = "the model's generation_config"
    SERVER = "not sent, the server's own"
    UNTOLD = "neutral if the server says that it is vLLM, SGLang, TensorRT-LLM or llama.cpp, else its own"


class Sampled(NamedTuple):
    """A sampling value; None where only the server knows it."""

    value: Any
    source: Source


@dataclass(frozen=True)
class SamplingOf:
    """What the requests of one benchmark, or of one judge, are sampled with.

    Attributes:
        inference: The settings.
        seed: Of a generation; None for the greedy one.
        defaults: The benchmark's own settings of inference.
        words: The server's, if its kind is known.
        recommended: What the model's generation_config asks for.
        template: Arguments of the chat template.
    """

    inference: InferenceSettings
    seed: int | None
    defaults: Mapping[str, Any] = field(default_factory=dict)
    words: SamplingWords | None = None
    recommended: Mapping[str, float] = field(default_factory=dict)
    template: Mapping[str, Any] = field(default_factory=dict)

    def values(self) -> dict[str, Sampled]:
        """Return request field or setting → its value and source, sorted by name."""
        named = self.words.named if self.words is not None else str
        found = {named(name): sampled for name, sampled in self._settings().items()}
        found |= {name: self._of_body(name, value) for name, value in self.inference.extra_body.items()}
        found |= {f"chat_template_kwargs.{name}": Sampled(value, Source.GIVEN) for name, value in self.template.items()}
        if self._neutral:
            neutral = neutral_values(self.inference.neutral, self.words)
            found = {name: Sampled(value, Source.NEUTRAL) for name, value in neutral.items()} | found
        found |= {named(name): self._left_out(name) for name in self._unset if named(name) not in found}
        return dict(sorted(found.items()))

    def not_sent(self) -> list[str]:
        """Return what the model's generation_config asks for and is not sent, in sentences."""
        values, named = self.values(), self.words.named if self.words is not None else str
        neutral = {
            name: wanted
            for name, wanted in self.recommended.items()
            if named(name) in values and values[named(name)].source in (Source.NEUTRAL, Source.UNTOLD)
        }
        lines = [
            f"generation_config asks for {name} {wanted:g}; {sent.value} is sent; ++inference.{name}={wanted:g} uses it"
            for name, wanted in self.recommended.items()
            if (sent := values.get(named(name))) is not None
            and sent.source in (Source.DEFAULT, Source.BENCHMARK)
            and sent.value != wanted
        ]
        if neutral:
            asked = ", ".join(f"{name} {wanted:g}" for name, wanted in neutral.items())
            lines.insert(0, f"generation_config asks for {asked}; not sent; {self._remedy(neutral)}")
        return lines

    def as_json(self) -> dict[str, Any]:
        """For run.json: source → name → value, and what the model asks for and is not sent."""
        values, notes = self.values(), self.not_sent()
        by_source = {
            source.name.lower(): {name: each.value for name, each in values.items() if each.source is source}
            for source in Source
        }
        found: dict[str, Any] = {source: mine for source, mine in by_source.items() if mine}
        return found | ({"not_sent": notes} if notes else {})

    @property
    def _neutral(self) -> bool | None:
        return is_neutral(self.inference.neutral, self.words)

    @property
    def _unset(self) -> Sequence[str]:
        """The settings that are not sent."""
        names = ("temperature", "top_p", "top_k", "min_p", "repetition_penalty", "tokens_to_generate")
        return [name for name in names if self._value(name) is None]

    def _value(self, name: str) -> Any:
        return self.inference.temperature_for(self.seed) if name == "temperature" else getattr(self.inference, name)

    def _settings(self) -> dict[str, Sampled]:
        others = ("extra_body", "neutral", "reasoning_words", "stream")
        names = [name for name in InferenceSettings.model_fields if name not in others]
        return {name: Sampled(self._value(name), self._source(name)) for name in names if self._value(name) is not None}

    def _source(self, name: str) -> Source:
        value = getattr(self.inference, name)
        if name in self.defaults and self.defaults[name] == value:
            return Source.BENCHMARK
        always = name in ("temperature", "top_p")
        if always and name in self.inference.model_fields_set:
            return Source.GIVEN
        return Source.DEFAULT if value == InferenceSettings.model_fields[name].default else Source.GIVEN

    def _of_body(self, name: str, value: Any) -> Sampled:
        if name == SKIP and value is False:  # what Northstar itself sends so that it sees the end of the reasoning
            return Sampled(value, Source.DEFAULT)
        own = self.defaults.get("extra_body") or {}
        return Sampled(value, Source.BENCHMARK if own.get(name) == value else Source.GIVEN)

    def _left_out(self, name: str) -> Sampled:
        undecided = self._neutral is None and name not in ("temperature", "top_p", "tokens_to_generate")
        if undecided:
            return Sampled(None, Source.UNTOLD)
        if self.words is not None and self.words.reads_model and name in self.recommended:
            return Sampled(self.recommended[name], Source.MODEL)
        return Sampled(None, Source.SERVER)

    def _remedy(self, names: Mapping[str, float]) -> str:
        if self.words is None or self.words.reads_model:
            return "++inference.neutral=False uses it"
        return f"{' '.join(f'++inference.{name}={wanted:g}' for name, wanted in names.items())} uses it"
