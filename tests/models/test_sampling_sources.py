"""Where each sampling value of a request comes from."""

from __future__ import annotations

from typing import Any

import pytest

from northstar.config.settings import InferenceSettings
from northstar.models.sampling_sources import Sampled, SamplingOf, Source
from northstar.models.sampling_words import OF_LLAMA_CPP, OF_PROVIDER, OF_VLLM, SamplingWords

QWEN = {"temperature": 0.6, "top_p": 0.95, "top_k": 20}


def sampling(words: SamplingWords | None = OF_VLLM, /, **settings: Any) -> SamplingOf:
    """Of a benchmark that asks for 64 tokens, with a model whose file recommends what Qwen3's does."""
    defaults = {"tokens_to_generate": 64}
    return SamplingOf(InferenceSettings(**{**defaults, **settings}), 0, defaults, words, QWEN)


def test_each_value_names_its_source() -> None:
    values = sampling(repetition_penalty=1.1, extra_body={"n_probs": 1}).values()
    assert values == {
        "endpoint_type": Sampled("chat", Source.DEFAULT),
        "frequency_penalty": Sampled(0.0, Source.NEUTRAL),
        "min_p": Sampled(0.0, Source.NEUTRAL),
        "n_probs": Sampled(1, Source.GIVEN),
        "presence_penalty": Sampled(0.0, Source.NEUTRAL),
        "repetition_penalty": Sampled(1.1, Source.GIVEN),
        "temperature": Sampled(0.7, Source.DEFAULT),
        "tokens_to_generate": Sampled(64, Source.BENCHMARK),
        "top_k": Sampled(-1, Source.NEUTRAL),
        "top_p": Sampled(0.95, Source.DEFAULT),
    }


def test_a_default_that_the_user_gives_is_given() -> None:
    assert sampling(temperature=0.7, top_p=0.95).values()["top_p"] == Sampled(0.95, Source.GIVEN)


@pytest.mark.parametrize(
    ("words", "neutral", "top_k"),
    [
        (OF_VLLM, False, Sampled(20, Source.MODEL)),
        (OF_LLAMA_CPP, False, Sampled(None, Source.SERVER)),
        (OF_PROVIDER, None, Sampled(None, Source.SERVER)),
        (None, False, Sampled(None, Source.SERVER)),
        (None, None, Sampled(None, Source.UNTOLD)),
        (None, True, Sampled(-1, Source.NEUTRAL)),
    ],
)
def test_what_is_not_sent_is_the_models_or_the_servers(
    words: SamplingWords | None, neutral: bool | None, top_k: Sampled
) -> None:
    assert sampling(words, neutral=neutral).values()["top_k"] == top_k


def test_what_the_model_asks_for_and_does_not_get_is_said() -> None:
    assert sampling().not_sent() == [
        "generation_config asks for top_k 20; not sent; ++inference.neutral=False uses it",
        "generation_config asks for temperature 0.6; 0.7 is sent; ++inference.temperature=0.6 uses it",
    ]


def test_a_server_that_does_not_read_the_file_is_told_by_the_value_itself() -> None:
    assert sampling(OF_LLAMA_CPP).not_sent()[0] == (
        "generation_config asks for top_k 20; not sent; ++inference.top_k=20 uses it"
    )


def test_who_chose_a_value_is_told_nothing() -> None:
    assert sampling(temperature=0.9, top_k=5).not_sent() == []


def test_run_json_has_the_values_by_source() -> None:
    assert sampling(OF_PROVIDER, temperature=0.6, top_k=20).as_json() == {
        "given": {"temperature": 0.6, "top_k": 20},
        "benchmark": {"tokens_to_generate": 64},
        "default": {"endpoint_type": "chat", "top_p": 0.95},
        "server": {"min_p": None, "repetition_penalty": None},
    }
